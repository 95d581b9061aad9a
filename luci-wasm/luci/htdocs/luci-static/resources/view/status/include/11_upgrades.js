'use strict';
'require baseclass';
'require rpc';
'require ui';

const CONFIG = 'attendedsysupgrade';

const call = (object, method, params, expect) => rpc.declare({ object, method, params, expect });
const board = call('system', 'board');
const access = call('session', 'access', [ 'scope', 'object', 'function' ], { access: false });
const get = call('uci', 'get', [ 'config' ], { values: {} });
const set = call('uci', 'set', [ 'config', 'section', 'values' ]);
const commit = call('uci', 'commit', [ 'config' ]);

const link = (label, style, href, target) => E('a', {
	'class': 'btn cbi-button ' + style, 'rel': 'noreferrer', href, target
}, [ label ]);
const button = (label, style, click) => E('button', {
	'class': 'btn cbi-button cbi-button-' + style, 'click': ui.createHandlerFn(null, click)
}, [ label ]);

const branchOf = version => version.split('.', 2).join('.');

// 24.10.0-rc2 is older than 24.10.0, which is older than 24.10.1.
function isNewer(one, other) {
	const [ a, b ] = [ one, other ].map(version => (version + '-rc999').match(/\d+/g));
	const place = [ 0, 1, 2, 3 ].find(i => +a[i] !== +b[i]);
	return +a[place] > +b[place];
}

function newest({ latest, branches }, { wanted, release }) {
	return latest.filter(version => {
		const branch = branches?.[branchOf(version)];
		return wanted.test(version) && isNewer(version, release.version)
			&& (!branch?.targets || branch.enabled !== false && release.target in branch.targets);
	}).reduce((best, version) => best && isNewer(best, version) ? best : version, null);
}

// The first server that answers decides.
async function search(settings) {
	for (const server of settings.servers)
		try {
			const answer = await fetch(server.replace(/\/+$/, '') + '/json/v1/overview.json', { signal: AbortSignal.timeout(20000) });
			return announce(newest(await answer.json(), settings), settings);
		} catch {}
}

function announce(version, { release, save }) {
	if (!version)
		return;
	const note = ui.addNotification(_('%s %s is available').format(release.distribution, version), [
		E('p', [ _('This router runs %s.').format(release.version) ]),
		E('p', [
			link(_('See the upgrade'), 'cbi-button-positive important', L.url('admin/system/attendedsysupgrade/overview')), ' ',
			release.distribution === 'OpenWrt' ? link(_('Release notes'), '', 'https://openwrt.org/releases/' + branchOf(version) + '/notes-' + version, '_blank') : '', ' ',
			save ? button(_('Stop showing'), 'neutral', () => save('0').then(() => note.remove())) : ''
		])
	], 'info');
	return note;
}

// Asked on the page itself, not in a dialogue: it can wait until somebody likes to answer.
function question(settings) {
	const yes = () => settings.save('1').then(() => search(settings)).then(note => {
		if (note)
			place.remove();
		else
			place.textContent = _('No newer release was found.');
	});
	const no = () => settings.save('0').then(() => place.remove());
	const place = E('div', { 'class': 'alert-message notice' }, [
		E('p', [ _('Look for new releases after each login? Your browser would ask %s.').format(settings.servers[0]) ]),
		E('p', [ button(_('Yes'), 'positive', yes), ' ', button(_('No'), 'neutral', no) ])
	]);
	return place;
}

async function begin() {
	// session.access first: any other refused call makes LuCI say that the session has ended.
	const [ reads, writes ] = await Promise.all([ access('uci', CONFIG, 'read'), access('uci', CONFIG, 'write') ]);
	if (!reads)
		return;
	const [ { release }, sections ] = await Promise.all([ board(), get(CONFIG) ]);
	const first = type => Object.values(sections).find(section => section['.type'] === type) || {};
	const server = first('server'), client = first('client'), check = client.login_check_for_upgrades;
	const settings = {
		release,
		servers: [ server.url, ...L.toArray(server.fallback) ].filter(Boolean),
		wanted: (client.channel || 'stable') === 'stable' ? /^\d+\.\d+\.\d+$/ : /^\d+\.\d+\.\d+(-rc\d+)?$/,
		save: writes && (value => set(CONFIG, client['.name'], { login_check_for_upgrades: value }).then(() => commit(CONFIG)).catch(error => {
			ui.addNotification(null, E('p', [ error.message ]), 'danger');
			throw error;
		}))
	};
	// A snapshot is older than itself each day: that is no news.
	if (!server.url || release.version.includes('SNAPSHOT'))
		return;
	if (!check)
		return writes && question(settings);
	// Once a login, not at every look at the status.
	if (check > 0 && sessionStorage.asu_notice !== rpc.getSessionID()) {
		sessionStorage.asu_notice = rpc.getSessionID();
		search(settings);
	}
}

return baseclass.extend({
	title: '',

	// Called again and again: what is shown must stay, or it loses the focus.
	load() {
		const again = this.begun;
		this.begun = again || begin();
		return this.begun.then(node => again ? null : node);
	},

	render(node) {
		return node || null;
	}
});
