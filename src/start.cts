#!/usr/bin/env node
/**
 * Where the command `nccid` begins. Node's four threads would make uploads queue behind each other's disks; their number
 * must stand before the first ES module is loaded, for loading one uses a thread already. So this file is CommonJS.
 */
process.env['UV_THREADPOOL_SIZE'] ??= '16';
// AWS's client would tell every keeper at every start that its later versions want a newer Node; the one that is used is locked.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
void import('./main.js');
