#!/usr/bin/env node
/**
 * Where the command `nccid` begins. Node's four threads would make uploads queue behind each other's disks; their number
 * must stand before the first ES module is loaded, for loading one uses a thread already. So this file is CommonJS.
 */
process.env['UV_THREADPOOL_SIZE'] ??= '16';
void import('./main.js');
