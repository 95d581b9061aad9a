'use strict';
'require view';
'require form';
'require uci';

const CONFIG = 'attendedsysupgrade';

// The view and other clients use the first section of a type, whatever its name.
function section(type) {
	const found = uci.sections(CONFIG, type)[0];
	return found ? found['.name'] : uci.add(CONFIG, type, type);
}

function checkAddress(_section, value) {
	if (!value)
		return true;
	try {
		if (/^https?:\/\/[^\s"<>]+$/.test(value) && !/[?#@]/.test(value) && new URL(value).hostname)
			return true;
	} catch {}
	return _('Enter an address like https://sysupgrade.openwrt.org');
}

// One list for people; for other clients, who know of one server, the first stays the option url.
function servers(s) {
	const o = s.option(form.DynamicList, 'url', _('Build servers'),
		_('The first one builds the images. The others take over, in this order, when it does not answer.'));
	o.rmempty = false;
	o.validate = checkAddress;
	o.cfgvalue = id => [ 'url', 'fallback' ].flatMap(name => L.toArray(uci.get(CONFIG, id, name)));
	o.write = (id, value) => {
		const [ first, ...others ] = L.toArray(value);
		uci.set(CONFIG, id, 'url', first);
		uci.set(CONFIG, id, 'fallback', others.length ? others : null);
	};
}

return view.extend({
	load() {
		return uci.load(CONFIG);
	},

	render() {
		const m = new form.Map(CONFIG, _('Attended Sysupgrade'),
			_('Which servers build images for this router, and which releases it is offered.'));

		let s = m.section(form.NamedSection, section('server'), 'server', _('Servers'));
		servers(s);
		let o = s.option(form.DynamicList, 'rebuilder', _('Rebuilders'),
			_('Servers that build the same image once more. Equal checksums show that nobody has tampered with it.'));
		o.validate = checkAddress;

		s = m.section(form.NamedSection, section('client'), 'client', _('Upgrades'));
		o = s.option(form.ListValue, 'channel', _('Releases to offer'));
		o.value('stable', _('stable releases'));
		o.value('testing', _('also candidates of the next release, for testing'));
		o.value('snapshot', _('also snapshots of the development'));
		o.default = 'stable';

		o = s.option(form.Flag, 'advanced_mode', _('Advanced mode'),
			_('Show all versions, the list of packages and other options from the start.'));
		o.rmempty = false;

		o = s.option(form.Flag, 'auto_search', _('Search on opening'),
			_('Look for upgrades as soon as the page is opened.'));
		o.rmempty = false;

		o = s.option(form.ListValue, 'login_check_for_upgrades', _('Check after login'),
			_('Tell on the status page when there is a new release. For this your browser asks the build server after each login.'));
		o.value('', _('not decided; ask'));
		o.value('1', _('yes'));
		o.value('0', _('no'));
		o.optional = true;

		return m.render();
	}
});
