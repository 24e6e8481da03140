#!/usr/bin/env node
/**
 * Where the command `nccid` begins. Node's four threads would make uploads queue behind each other's disks; their number
 * must stand before the first ES module is loaded, for loading one uses a thread already. So this file is CommonJS.
 */
process.env['UV_THREADPOOL_SIZE'] ??= '16';
// AWS's client would tell every keeper at every start that its later versions want a newer Node; the one that is used is locked.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
// Images pass in buffers outside of V8's heap, and it goes through all of that whenever a few megabytes of them are new: every
// eighth slice of a CT that is stored. Let the heap grow to three times what is alive in it before.
process.getBuiltinModule('node:v8').setFlagsFromString('--heap-growing-percent=200');
void import('./main.js');
