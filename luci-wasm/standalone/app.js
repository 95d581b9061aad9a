// Puts the view on this page, or says why it cannot.

import { language } from './words.js';

const place = document.getElementById('app');

function say(text) {
	const line = document.createElement('p');
	line.className = 'boot bad';
	line.setAttribute('role', 'alert');
	line.textContent = text;
	place.replaceChildren(line);
}

async function start() {
	const words = await language(), _ = words.translate;
	const view = await import('./asu.js').catch(() => {
		throw new Error(_('The file asu.js is missing on the router. Reinstall the package of this page.'));
	});
	await view.mount(place, words);
}

start().catch(error => say(error.message));
