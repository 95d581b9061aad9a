import { h } from 'preact';

// The entry in lime-app's menu.
export const AttendedSysupgradeMenu = () => h('a', { href: '#/attendedsysupgrade' }, 'Attended Sysupgrade');
