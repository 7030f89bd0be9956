/* abi.h - the hash that lodge_abi_hash returns.
 * Generated from include/lodge.h by tools/api.py; do not edit.
 */
#ifndef LODGE_ABI_HASH
#define LODGE_ABI_HASH UINT64_C(0x462eeb24da8a7a29)
#endif
