// <attended-sysupgrade ubus="/ubus" upload="/cgi-bin/cgi-upload" session="…">: the view as an element
// for any page. docs/embedding.md tells how.
//
// It draws in a shadow tree: its style sheet does not reach the page around it, nor that page's the view.

// The files belong together, so they are asked for with the version this file was asked for.
const file = name => new URL(name + new URL(import.meta.url).search, import.meta.url);

class AttendedSysupgrade extends HTMLElement {
	#view = null;

	async connectedCallback() {
		const root = this.shadowRoot ?? this.attachShadow({ mode: 'open' });
		const place = document.createElement('div');
		root.replaceChildren(this.#style(), place);
		try {
			const { mount } = await import(file('asu.js'));
			const view = await mount(place, this.#options());
			// Taken off the page while it was loading.
			if (place.isConnected)
				this.#view = view;
			else
				view.unmount();
		} catch (error) {
			place.setAttribute('role', 'alert');
			place.textContent = error.message;
			this.dispatchEvent(new CustomEvent('asu-error', { detail: error }));
		}
	}

	disconnectedCallback() {
		this.#view?.unmount();
		this.#view = null;
	}

	#style() {
		const link = document.createElement('link');
		link.rel = 'stylesheet';
		link.href = file('app.css');
		return link;
	}

	#options() {
		const options = {};
		for (const name of [ 'embedded', 'readonly' ])
			options[name] = this.hasAttribute(name);
		for (const name of [ 'ubus', 'upload', 'session' ])
			if (this.hasAttribute(name))
				options[name] = this.getAttribute(name);
		for (const name of [ 'translate', 'plural', 'expired' ])
			if (this[name])
				options[name] = this[name];
		return options;
	}
}

customElements.define('attended-sysupgrade', AttendedSysupgrade);
