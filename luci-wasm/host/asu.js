// Loads the module once, puts views on a page, and says so when it cannot go on.
//
// `cargo xtask wasm` joins this file with the module's glue; both files are public and belong
// together, so the module is asked for with the query (?v=…) this file was asked for with.

import { mount as show, start, unmount as remove } from './module.js';

const here = new URL(import.meta.url);
const shown = new Map();
let module;

// Marks a sentence for the catalogues; the page's language is known only when one is shown.
const _ = text => text;

const messages = {
	noWasm: _('This browser has no WebAssembly, or it is switched off. Use a current Firefox, Chrome, Edge or Safari.'),
	offline: _('The router does not answer. Check the connection to it and reload this page.'),
	missing: _('The file {0} is missing on the router (HTTP status {1}). Reinstall the package of this page.'),
	mixed: _('The files of this page do not belong together. Reload it without the cache (Ctrl+F5); if that does not help, reinstall its package.'),
	stopped: _('This page has stopped because of a mistake in its program. If the router is upgrading, leave it plugged in; it goes on by itself. Reload the page to go on here. For a report: {0}'),
};

const fill = (text, ...values) => text.replace(/{(\d)}/g, (_, place) => values[place]);

async function fetched(name, say) {
	let answer, body;
	try {
		answer = await fetch(new URL(name + here.search, here));
		body = await answer.arrayBuffer();
	} catch {
		throw new Error(say(messages.offline));
	}
	// uhttpd sends a page with its 404, which is no module.
	if (!answer.ok)
		throw new Error(fill(say(messages.missing), name, answer.status));
	return body;
}

// A web server may have inflated it already, and said so in no header.
function inflated(body) {
	if (new Uint8Array(body)[0] !== 0x1f)
		return body;
	const packed = new Response(body).body;
	return new Response(packed.pipeThrough(new DecompressionStream('gzip'))).arrayBuffer();
}

async function load(say) {
	if (typeof WebAssembly !== 'object')
		throw new Error(say(messages.noWasm));
	const body = await fetched(self.DecompressionStream ? 'asu.wasm.gz' : 'asu.wasm', say);
	try {
		await start(await inflated(body));
	} catch (cause) {
		throw new Error(say(messages.mixed), { cause });
	}
}

// A trap in the module ends in an uncaught error; what called it is this file.
function stopped(error) {
	if (!error?.stack?.includes(here.href))
		return;
	const places = error.stack.match(/wasm-function\[\d+\]/g) ?? [];
	for (const [ element, say ] of shown) {
		const text = document.createElement('p');
		text.setAttribute('role', 'alert');
		text.className = 'alert-message danger boot bad';
		text.textContent = fill(say(messages.stopped), [ error, ...places.slice(0, 4) ].join(' '));
		element.replaceChildren(text);
	}
}

addEventListener('error', event => stopped(event.error));
addEventListener('unhandledrejection', event => stopped(event.reason));

// Puts the view into `element`; the options are those of the module (luci-wasm/dom/src/lib.rs).
// What it resolves to has one method, `unmount()`. The message of an error is for people.
export async function mount(element, options = {}) {
	const say = options.translate ?? (text => text);
	module ??= load(say);
	try {
		await module;
	} catch (error) {
		module = undefined;
		throw error;
	}
	const view = show(element, options);
	shown.set(element, say);
	return {
		unmount() {
			shown.delete(element);
			remove(view);
		},
	};
}
