// The language of the page: the one chosen here before, or the first the browser asks for.

// The catalogues of luci-wasm/po and how each counts; `cargo xtask words --check` compares.
const languages = {
	de: n => n != 1,
	es: n => n != 1,
	fr: n => n > 1,
	it: n => n != 1,
	pt: n => n > 1,
	zh_Hans: n => 0,
};

const rightToLeft = [ 'ar', 'ckb', 'dv', 'fa', 'he', 'ks', 'ps', 'sd', 'ug', 'ur', 'yi' ];
const known = [ 'en', ...Object.keys(languages) ];
const place = 'asu-language';

const tag = name => name.replace('_', '-');

// Language and script: zh-CN and zh-SG read zh_Hans. Some browsers name no language, but "C".
function family(name) {
	try {
		const { language, script } = new Intl.Locale(tag(name)).maximize();
		return language + script;
	} catch {
		return name;
	}
}

function best(wanted) {
	for (const name of wanted) {
		const alike = known.filter(other => family(other) === family(name));
		if (alike.length)
			return alike.find(other => tag(other) === name) ?? alike[0];
	}
	return 'en';
}

// A browser may keep a page from remembering anything; then reading throws, too.
function chosen() {
	try {
		const name = localStorage.getItem(place);
		return known.includes(name) ? name : null;
	} catch {
		return null;
	}
}

function choose(name) {
	try {
		localStorage.setItem(place, name);
	} catch {}
	location.reload();
}

async function load(name) {
	const here = new URL(import.meta.url);
	const answer = await fetch(new URL(`words/${name}.json${here.search}`, here));
	if (!answer.ok)
		throw new Error(answer.status);
	return answer.json();
}

// The stylesheet shows it only where a new start loses nothing.
function offer(current, label) {
	const select = document.createElement('select');
	select.className = 'language';
	select.setAttribute('aria-label', label);
	for (const name of known) {
		const own = new Intl.DisplayNames(tag(name), { type: 'language' }).of(tag(name));
		const option = new Option(own, name, false, name === current);
		option.lang = tag(name);
		select.append(option);
	}
	select.addEventListener('change', () => choose(select.value));
	const head = document.createElement('header');
	head.append(select);
	document.body.append(head);
}

// What `mount` takes: `translate(text)` and `plural(count, one, many)`; English, where a catalogue
// or a sentence is missing.
export async function language() {
	let name = chosen() ?? best(navigator.languages), words = {};
	try {
		words = name === 'en' ? {} : await load(name);
	} catch {
		name = 'en';
	}
	const root = document.documentElement;
	root.lang = tag(name);
	root.dir = rightToLeft.includes(root.lang.split('-')[0]) ? 'rtl' : 'ltr';
	const _ = text => words[text] ?? text;
	document.title = _('Attended Sysupgrade');
	offer(name, _('Language'));
	const form = languages[name];
	const plural = (count, one, many) => words[one]?.[+form(count)] ?? (count === 1 ? one : many);
	return { lang: root.lang, translate: _, plural };
}
