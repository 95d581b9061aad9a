import { UpIcon } from 'components/icons/teenny/up';
import { h } from 'preact';

// The entry in lime-app's menu, with an icon as the others have: its style sheet expects the span.
export const AttendedSysupgradeMenu = () => h('span', null,
	h(UpIcon, null), h('a', { href: '#/attendedsysupgrade' }, 'Attended Sysupgrade'));
