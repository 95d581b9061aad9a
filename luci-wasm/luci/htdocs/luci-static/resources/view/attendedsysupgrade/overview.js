'use strict';
'require view';
'require rpc';

// Named with the version of LuCI's resources, because browsers keep what uhttpd serves. Appended by
// hand: L.resource() leaves out a query with a '~' in it.
const version = L.env.resource_version;
const file = name => L.resource('attendedsysupgrade/' + name) + (version ? '?v=' + encodeURIComponent(version) : '');

// An ended session lets any call of LuCI's own fail, and LuCI then asks for a new login.
const expired = rpc.declare({ object: 'system', method: 'board' });

const warning = text => E('div', { 'class': 'alert-message danger', 'role': 'alert' }, [ E('p', [ text ]) ]);

// A static import would be a syntax error: LuCI evaluates this file as the body of a function.
const load = () => import(file('asu.js')).catch(() => {
	throw new Error(_('A part of this page could not be loaded. Check the connection to the router and reload the page; if that does not help, install the package luci-app-attendedsysupgrade again.'));
});

function style() {
	const link = E('link', { 'rel': 'stylesheet', 'href': file('luci.css') });
	return new Promise(done => {
		link.onload = link.onerror = done;
		document.head.append(link);
	});
}

// The view's classes, and LuCI's for the same things, so that every theme of LuCI draws it as its own.
const classes = {
	card: 'cbi-section',
	lead: 'cbi-section-descr',
	primary: 'btn cbi-button cbi-button-positive important',
	plain: 'btn cbi-button cbi-button-neutral',
	quiet: 'btn cbi-button',
	note: 'alert-message',
	info: 'notice',
	warn: 'warning',
	bad: 'error',
	good: 'success'
};

// Watches from outside, because the view is the same on every host. Runs before the browser paints.
function dress(place) {
	// Adding a class that is there counts as a change, and would go on for ever.
	const add = ({ classList }) => [ ...classList ].flatMap(name => (classes[name] || name).split(' '))
		.forEach(name => classList.contains(name) || classList.add(name));
	new MutationObserver(changes => changes.forEach(({ target }) => {
		add(target);
		target.querySelectorAll('[class]').forEach(add);
	})).observe(place, { subtree: true, childList: true, attributeFilter: [ 'class' ] });
}

return view.extend({
	render() {
		const place = E('div', [ E('p', { 'class': 'spinning' }, [ _('Loading…') ]) ]);
		dress(place);
		Promise.all([ load(), style() ]).then(([ asu ]) => asu.mount(place, {
			ubus: L.rpc.getBaseURL(),
			upload: L.env.cgi_base + '/cgi-upload',
			session: L.rpc.getSessionID(),
			embedded: true,
			translate: _,
			plural: N_,
			readonly: !L.hasViewPermission(),
			expired
		})).catch(error => place.replaceChildren(warning(error.message)));

		return E('div', { 'class': 'cbi-map' }, [
			E('h2', { 'name': 'content' }, [ _('Attended Sysupgrade') ]),
			place
		]);
	},

	handleSaveApply: null,
	handleSave: null,
	handleReset: null
});
