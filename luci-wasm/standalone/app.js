// Puts the view on this page, or says why it cannot.

const place = document.getElementById('app');

function say(text) {
	const line = document.createElement('p');
	line.className = 'boot bad';
	line.setAttribute('role', 'alert');
	line.textContent = text;
	place.replaceChildren(line);
}

import('./asu.js').then(
	async view => view.mount(place, await (await import('./words.js')).language()),
	() => { throw new Error('The file asu.js is missing on the router. Reinstall the package of this page.'); },
).catch(error => say(error.message));
