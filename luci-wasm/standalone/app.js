// Loads the view. uhttpd serves .wasm as application/octet-stream, which
// WebAssembly.instantiateStreaming refuses: so fetch, arrayBuffer, instantiate.

const place = document.getElementById('app');

function say(text) {
	const line = document.createElement('p');
	line.className = 'boot bad';
	line.setAttribute('role', 'alert');
	line.textContent = text;
	place.replaceChildren(line);
}

async function load(name) {
	let answer;
	try {
		answer = await fetch(name);
	} catch {
		throw new Error('The router does not answer. Check the connection to it and reload this page.');
	}
	if (!answer.ok)
		throw new Error(`The file ${name} is missing on the router (HTTP status ${answer.status}). Reinstall the package of this page.`);
	return answer.arrayBuffer();
}

async function start() {
	if (typeof WebAssembly !== 'object')
		throw new Error('This browser has no WebAssembly, or it is switched off. Use a current Firefox, Chrome, Edge or Safari.');
	const [glue, wasm] = await Promise.all([
		import('./asu_view_dom.js').catch(() => {
			throw new Error('The file asu_view_dom.js is missing on the router. Reinstall the package of this page.');
		}),
		load('asu_view_dom_bg.wasm'),
	]);
	await glue.default({ module_or_path: wasm });
	glue.mount(place, await (await import('./words.js')).language());
}

start().catch(error => say(error.message));
