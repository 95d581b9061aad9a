import { h } from 'preact';
import { useEffect, useState } from 'preact/hooks';

// On the router, and not part of lime-app's own bundle: the view is upgraded with its own package.
const ELEMENT = '/attendedsysupgrade/element.js';

// The page: the view with the session lime-app has open.
export function AttendedSysupgradePage() {
	const [ trouble, setTrouble ] = useState('');
	useEffect(() => {
		import(/* webpackIgnore: true */ ELEMENT)
			.catch(() => setTrouble('This router has no page for upgrades. Install the package attendedsysupgrade-web.'));
	}, []);
	if (trouble)
		return h('p', { role: 'alert' }, trouble);
	// @ts-ignore: lime-app's build checks types, and knows HTML's own elements only.
	return h('attended-sysupgrade', { ubus: '/ubus', upload: '/cgi-bin/cgi-upload', session: sessionStorage.getItem('sid') });
}
