// A plugin of lime-app: copy this folder to plugins/lime-plugin-attendedsysupgrade of lime-app, and
// add it to the list in src/config.ts. docs/embedding.md says more.

import { AttendedSysupgradeMenu } from './menu.js';
import { AttendedSysupgradePage } from './page.js';

// The name, in lower case, is the route: #/attendedsysupgrade. The page is for those who know the
// shared password: lime-app asks for it first.
export default {
	name: 'AttendedSysupgrade',
	page: AttendedSysupgradePage,
	menu: AttendedSysupgradeMenu,
	isCommunityProtected: true
};
