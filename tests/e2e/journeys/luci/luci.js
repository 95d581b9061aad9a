// As much of LuCI's page as this project's views touch, with the traps of the genuine one: a view is
// evaluated as a function, Response & co. are other classes there, and a bare string is markup.
//
// ?view=PATH&user=NAME&password=TEXT logs in and opens a view; &readonly marks it as LuCI would.

const asked = new URLSearchParams(location.search);
const RESOURCES = '/luci-static/resources';
let session = '';

async function ubus(object, method, args) {
	const params = [ session || '0'.repeat(32), object, method, args ];
	const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'call', params });
	return (await fetch('/ubus/', { method: 'POST', body })).json();
}

const rpc = {
	getSessionID: () => session,
	getBaseURL: () => '/ubus/',
	declare: ({ object, method, params = [], expect = {} }) => async (...given) => {
		const args = Object.fromEntries(params.map((name, i) => [ name, given[i] ]));
		const answer = await ubus(object, method, args);
		if (answer.error?.code === -32002 && method !== 'access') {
			const access = await ubus('session', 'access', { scope: 'uci', object: 'luci', function: 'read' });
			if (!access.result?.[1]?.access)
				document.body.dataset.expired = 'true';
		}
		if (answer.error)
			throw new Error(answer.error.message);
		const [ name, fallback ] = Object.entries(expect)[0] ?? [];
		const data = answer.result[1];
		return name ? data?.[name] ?? fallback : data;
	}
};

function fill(node, children) {
	if (Array.isArray(children))
		node.append(...children.filter(child => child != null));
	else if (children instanceof Node)
		node.append(children);
	else if (children != null)
		node.innerHTML = children;
	return node;
}

function E(tag, attributes, children) {
	const node = document.createElement(tag);
	if (Array.isArray(attributes) || attributes instanceof Node || typeof attributes === 'string')
		return fill(node, attributes);
	for (const [ name, value ] of Object.entries(attributes ?? {}))
		if (typeof value === 'function')
			node.addEventListener(name, value);
		else if (value != null)
			node.setAttribute(name, value);
	return fill(node, children);
}

const _ = text => text;
const N_ = (count, one, many) => count === 1 ? one : many;
String.prototype.format = function(...values) {
	return this.replace(/%s/g, () => values.shift());
};

const ui = {
	addNotification(title, children, ...classes) {
		const note = E('div', { 'class': 'alert-message ' + classes.join(' ') }, [ E('h4', [ title ]) ]);
		document.getElementById('maincontent').prepend(fill(note, children));
		return note;
	},
	createHandlerFn: (_context, run) => event => {
		event.currentTarget.disabled = true;
		return Promise.resolve(run(event)).finally(() => event.target.disabled = false);
	}
};

const extend = own => ({ ...own });
const classes = { view: { extend }, baseclass: { extend }, rpc, ui };

const L = {
	env: { cgi_base: '/cgi-bin', resource_version: '25.1~test', nodespec: { readonly: asked.has('readonly') } },
	rpc, ui,
	resource: path => RESOURCES + '/' + path,
	url: path => '/cgi-bin/luci/' + path,
	hasViewPermission: () => !L.env.nodespec.readonly,
	toArray: value => value == null ? [] : Array.isArray(value) ? value : [ value ]
};

async function evaluate(path) {
	const source = await (await fetch(RESOURCES + '/view/' + path + '.js')).text();
	const needed = [ ...source.matchAll(/(['"])require (\w+)\1;/g) ].map(match => match[2]);
	const Foreign = class { constructor() { throw new Error('this is LuCI\'s class, not the browser\'s'); } };
	return ((Response, Request, Headers) =>
		eval('(function(window, document, L, ' + needed.join(', ') + ') {' + source + '\n})')
	)(Foreign, Foreign, Foreign)(window, document, L, ...needed.map(name => classes[name]));
}

async function start() {
	const login = await ubus('session', 'login', { username: asked.get('user'), password: asked.get('password'), timeout: 3600 });
	session = login.result[1].ubus_rpc_session;
	const opened = await evaluate(asked.get('view'));
	const node = await opened.render(await opened.load?.());
	document.getElementById('view').replaceChildren(node ?? '');
}
