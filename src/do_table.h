/* do_table.h - the cases of lodge_do's switch (frame[0]).
 * Generated from include/lodge.h by tools/api.py; do not edit.
 */
/* clang-format off */
case 1:
    frame[0] = lodge_abi();
    return LODGE_OK;
case 2:
    frame[0] = lodge_abi_hash();
    return LODGE_OK;
case 3:
    frame[0] = lodge_version();
    return LODGE_OK;
case 4:
    frame[0] = lodge_wasmtime_version();
    return LODGE_OK;
case 5:
    frame[0] = lodge_features();
    return LODGE_OK;
case 6:
    frame[0] = (uint64_t)(int64_t)
        lodge_status_name((lodge_status)frame[1],
            (char *)(uintptr_t)frame[2], frame[3],
            (uint64_t *)(uintptr_t)frame[4]);
    return (lodge_status)(int64_t)frame[0];
case 7:
    frame[0] = (uint64_t)(int64_t)
        lodge_stat((uint32_t)frame[1], (uint64_t *)(uintptr_t)frame[2]);
    return (lodge_status)(int64_t)frame[0];
case 8:
    frame[0] = (uint64_t)(int64_t)
        lodge_handle_info(frame[1], (uint32_t *)(uintptr_t)frame[2],
            (uint64_t *)(uintptr_t)frame[3]);
    return (lodge_status)(int64_t)frame[0];
case 9:
    frame[0] = (uint64_t)(int64_t)
        lodge_reap((uint32_t)frame[1], (uint32_t *)(uintptr_t)frame[2],
            (uint64_t *)(uintptr_t)frame[3], (uint32_t)frame[4],
            (uint32_t *)(uintptr_t)frame[5]);
    return (lodge_status)(int64_t)frame[0];
case 11:
    lodge_release((void *)(uintptr_t)frame[1]);
    frame[0] = 0;
    return LODGE_OK;
case 12:
    frame[0] = (uint64_t)(int64_t)
        lodge_error_init((lodge_error *)(uintptr_t)frame[1],
            (uint32_t)frame[2]);
    return (lodge_status)(int64_t)frame[0];
case 20:
    frame[0] = (uint64_t)(int64_t)
        lodge_config_new((uint32_t)frame[1],
            (lodge_config *)(uintptr_t)frame[2],
            (lodge_error *)(uintptr_t)frame[3]);
    return (lodge_status)(int64_t)frame[0];
case 21:
    frame[0] = (uint64_t)(int64_t)
        lodge_config_close((lodge_config){ frame[1] });
    return (lodge_status)(int64_t)frame[0];
case 22:
    frame[0] = (uint64_t)(int64_t)
        lodge_config_set((lodge_config){ frame[1] }, (uint32_t)frame[2],
            frame[3], (lodge_error *)(uintptr_t)frame[4]);
    return (lodge_status)(int64_t)frame[0];
case 23:
    frame[0] = (uint64_t)(int64_t)
        lodge_config_set_text((lodge_config){ frame[1] },
            (uint32_t)frame[2], (const char *)(uintptr_t)frame[3],
            frame[4], (lodge_error *)(uintptr_t)frame[5]);
    return (lodge_status)(int64_t)frame[0];
case 24:
    frame[0] = (uint64_t)(int64_t)
        lodge_config_get((lodge_config){ frame[1] }, (uint32_t)frame[2],
            (uint64_t *)(uintptr_t)frame[3],
            (lodge_error *)(uintptr_t)frame[4]);
    return (lodge_status)(int64_t)frame[0];
case 25:
    frame[0] = (uint64_t)(int64_t)
        lodge_config_parse((lodge_config){ frame[1] },
            (const char *)(uintptr_t)frame[2], frame[3],
            (lodge_error *)(uintptr_t)frame[4]);
    return (lodge_status)(int64_t)frame[0];
case 26:
    frame[0] = lodge_config_key_count();
    return LODGE_OK;
case 27:
    frame[0] = (uint64_t)(int64_t)
        lodge_config_key((uint32_t)frame[1], (uint32_t)frame[2],
            (uint32_t *)(uintptr_t)frame[3],
            (uint32_t *)(uintptr_t)frame[4], (char *)(uintptr_t)frame[5],
            frame[6], (uint64_t *)(uintptr_t)frame[7]);
    return (lodge_status)(int64_t)frame[0];
case 40:
    frame[0] = (uint64_t)(int64_t)
        lodge_engine_new((lodge_config){ frame[1] },
            (lodge_engine *)(uintptr_t)frame[2],
            (lodge_error *)(uintptr_t)frame[3]);
    return (lodge_status)(int64_t)frame[0];
case 41:
    frame[0] = (uint64_t)(int64_t)
        lodge_engine_dup((lodge_engine){ frame[1] },
            (lodge_engine *)(uintptr_t)frame[2],
            (lodge_error *)(uintptr_t)frame[3]);
    return (lodge_status)(int64_t)frame[0];
case 42:
    frame[0] = (uint64_t)(int64_t)
        lodge_engine_close((lodge_engine){ frame[1] });
    return (lodge_status)(int64_t)frame[0];
case 43:
    frame[0] = (uint64_t)(int64_t)
        lodge_engine_shutdown((lodge_engine){ frame[1] });
    return (lodge_status)(int64_t)frame[0];
case 44:
    frame[0] = (uint64_t)(int64_t)lodge_engine_tick((lodge_engine){ frame[1] });
    return (lodge_status)(int64_t)frame[0];
case 45:
    frame[0] = (uint64_t)(int64_t)
        lodge_engine_is_pulley((lodge_engine){ frame[1] },
            (uint32_t *)(uintptr_t)frame[2],
            (lodge_error *)(uintptr_t)frame[3]);
    return (lodge_status)(int64_t)frame[0];
case 46:
    frame[0] = (uint64_t)(int64_t)
        lodge_engine_get((lodge_engine){ frame[1] }, (uint32_t)frame[2],
            (uint64_t *)(uintptr_t)frame[3],
            (lodge_error *)(uintptr_t)frame[4]);
    return (lodge_status)(int64_t)frame[0];
case 47:
    frame[0] = (uint64_t)(int64_t)
        lodge_engine_get_text((lodge_engine){ frame[1] },
            (uint32_t)frame[2], (char *)(uintptr_t)frame[3], frame[4],
            (uint64_t *)(uintptr_t)frame[5],
            (lodge_error *)(uintptr_t)frame[6]);
    return (lodge_status)(int64_t)frame[0];
case 60:
    frame[0] = (uint64_t)(int64_t)
        lodge_module_open((lodge_engine){ frame[1] },
            (const uint8_t *)(uintptr_t)frame[2], frame[3],
            (lodge_module *)(uintptr_t)frame[4],
            (lodge_error *)(uintptr_t)frame[5]);
    return (lodge_status)(int64_t)frame[0];
case 61:
    frame[0] = (uint64_t)(int64_t)
        lodge_module_open_file((lodge_engine){ frame[1] },
            (const char *)(uintptr_t)frame[2], frame[3],
            (lodge_module *)(uintptr_t)frame[4],
            (lodge_error *)(uintptr_t)frame[5]);
    return (lodge_status)(int64_t)frame[0];
case 62:
    frame[0] = (uint64_t)(int64_t)
        lodge_module_validate((lodge_engine){ frame[1] },
            (const uint8_t *)(uintptr_t)frame[2], frame[3],
            (lodge_error *)(uintptr_t)frame[4]);
    return (lodge_status)(int64_t)frame[0];
case 63:
    frame[0] = (uint64_t)(int64_t)
        lodge_module_close((lodge_module){ frame[1] });
    return (lodge_status)(int64_t)frame[0];
case 64:
    frame[0] = (uint64_t)(int64_t)
        lodge_module_import_count((lodge_module){ frame[1] },
            (uint32_t *)(uintptr_t)frame[2],
            (lodge_error *)(uintptr_t)frame[3]);
    return (lodge_status)(int64_t)frame[0];
case 65:
    frame[0] = (uint64_t)(int64_t)
        lodge_module_import((lodge_module){ frame[1] },
            (uint32_t)frame[2], (uint32_t)frame[3],
            (char *)(uintptr_t)frame[4], frame[5],
            (uint64_t *)(uintptr_t)frame[6],
            (lodge_error *)(uintptr_t)frame[7]);
    return (lodge_status)(int64_t)frame[0];
case 66:
    frame[0] = (uint64_t)(int64_t)
        lodge_module_export_count((lodge_module){ frame[1] },
            (uint32_t *)(uintptr_t)frame[2],
            (lodge_error *)(uintptr_t)frame[3]);
    return (lodge_status)(int64_t)frame[0];
case 67:
    frame[0] = (uint64_t)(int64_t)
        lodge_module_export((lodge_module){ frame[1] },
            (uint32_t)frame[2], (uint32_t)frame[3],
            (char *)(uintptr_t)frame[4], frame[5],
            (uint64_t *)(uintptr_t)frame[6],
            (lodge_error *)(uintptr_t)frame[7]);
    return (lodge_status)(int64_t)frame[0];
case 68:
    frame[0] = (uint64_t)(int64_t)
        lodge_module_section_count((lodge_module){ frame[1] },
            (uint32_t *)(uintptr_t)frame[2],
            (lodge_error *)(uintptr_t)frame[3]);
    return (lodge_status)(int64_t)frame[0];
case 69:
    frame[0] = (uint64_t)(int64_t)
        lodge_module_section((lodge_module){ frame[1] },
            (uint32_t)frame[2], (uint32_t)frame[3],
            (char *)(uintptr_t)frame[4], frame[5],
            (uint64_t *)(uintptr_t)frame[6],
            (lodge_error *)(uintptr_t)frame[7]);
    return (lodge_status)(int64_t)frame[0];
case 70:
    frame[0] = (uint64_t)(int64_t)
        lodge_module_name((lodge_module){ frame[1] },
            (char *)(uintptr_t)frame[2], frame[3],
            (uint64_t *)(uintptr_t)frame[4],
            (lodge_error *)(uintptr_t)frame[5]);
    return (lodge_status)(int64_t)frame[0];
case 71:
    frame[0] = (uint64_t)(int64_t)
        lodge_module_needs((lodge_module){ frame[1] }, (uint32_t)frame[2],
            (uint64_t *)(uintptr_t)frame[3],
            (lodge_error *)(uintptr_t)frame[4]);
    return (lodge_status)(int64_t)frame[0];
case 72:
    frame[0] = (uint64_t)(int64_t)
        lodge_text_to_binary((const char *)(uintptr_t)frame[1], frame[2],
            (uint8_t *)(uintptr_t)frame[3], frame[4],
            (uint64_t *)(uintptr_t)frame[5],
            (lodge_error *)(uintptr_t)frame[6]);
    return (lodge_status)(int64_t)frame[0];
case 73:
    frame[0] = (uint64_t)(int64_t)
        lodge_module_producers((lodge_module){ frame[1] },
            (char *)(uintptr_t)frame[2], frame[3],
            (uint64_t *)(uintptr_t)frame[4],
            (lodge_error *)(uintptr_t)frame[5]);
    return (lodge_status)(int64_t)frame[0];
case 80:
    frame[0] = (uint64_t)(int64_t)
        lodge_linker_new((lodge_engine){ frame[1] },
            (lodge_linker *)(uintptr_t)frame[2],
            (lodge_error *)(uintptr_t)frame[3]);
    return (lodge_status)(int64_t)frame[0];
case 81:
    frame[0] = (uint64_t)(int64_t)
        lodge_linker_close((lodge_linker){ frame[1] });
    return (lodge_status)(int64_t)frame[0];
case 82:
    frame[0] = (uint64_t)(int64_t)
        lodge_linker_set((lodge_linker){ frame[1] }, (uint32_t)frame[2],
            frame[3], (lodge_error *)(uintptr_t)frame[4]);
    return (lodge_status)(int64_t)frame[0];
case 83:
    frame[0] = (uint64_t)(int64_t)
        lodge_linker_func((lodge_linker){ frame[1] },
            (const char *)(uintptr_t)frame[2], frame[3],
            (const char *)(uintptr_t)frame[4], frame[5],
            (const char *)(uintptr_t)frame[6], frame[7],
            (lodge_direct_fn)(uintptr_t)frame[8], frame[9],
            (lodge_error *)(uintptr_t)frame[10]);
    return (lodge_status)(int64_t)frame[0];
case 84:
    frame[0] = (uint64_t)(int64_t)
        lodge_linker_add_wasi((lodge_linker){ frame[1] },
            (lodge_error *)(uintptr_t)frame[2]);
    return (lodge_status)(int64_t)frame[0];
case 85:
    frame[0] = (uint64_t)(int64_t)
        lodge_linker_add_instance((lodge_linker){ frame[1] },
            (const char *)(uintptr_t)frame[2], frame[3],
            (lodge_instance){ frame[4] },
            (lodge_error *)(uintptr_t)frame[5]);
    return (lodge_status)(int64_t)frame[0];
case 86:
    frame[0] = (uint64_t)(int64_t)
        lodge_linker_add((lodge_linker){ frame[1] },
            (const char *)(uintptr_t)frame[2], frame[3],
            (const char *)(uintptr_t)frame[4], frame[5],
            (const lodge_extern *)(uintptr_t)frame[6],
            (lodge_error *)(uintptr_t)frame[7]);
    return (lodge_status)(int64_t)frame[0];
case 87:
    frame[0] = (uint64_t)(int64_t)
        lodge_linker_alias((lodge_linker){ frame[1] },
            (const char *)(uintptr_t)frame[2], frame[3],
            (const char *)(uintptr_t)frame[4], frame[5],
            (const char *)(uintptr_t)frame[6], frame[7],
            (const char *)(uintptr_t)frame[8], frame[9],
            (lodge_error *)(uintptr_t)frame[10]);
    return (lodge_status)(int64_t)frame[0];
case 88:
    frame[0] = (uint64_t)(int64_t)
        lodge_linker_missing((lodge_linker){ frame[1] },
            (lodge_module){ frame[2] }, (char *)(uintptr_t)frame[3],
            frame[4], (uint64_t *)(uintptr_t)frame[5],
            (uint32_t *)(uintptr_t)frame[6],
            (lodge_error *)(uintptr_t)frame[7]);
    return (lodge_status)(int64_t)frame[0];
case 89:
    frame[0] = (uint64_t)(int64_t)
        lodge_linker_prepare((lodge_linker){ frame[1] },
            (lodge_module){ frame[2] },
            (lodge_prepared *)(uintptr_t)frame[3],
            (lodge_error *)(uintptr_t)frame[4]);
    return (lodge_status)(int64_t)frame[0];
case 90:
    frame[0] = (uint64_t)(int64_t)
        lodge_prepared_set((lodge_prepared){ frame[1] },
            (uint32_t)frame[2], frame[3],
            (lodge_error *)(uintptr_t)frame[4]);
    return (lodge_status)(int64_t)frame[0];
case 91:
    frame[0] = (uint64_t)(int64_t)
        lodge_prepared_wasi((lodge_prepared){ frame[1] },
            (lodge_wasi){ frame[2] }, (lodge_error *)(uintptr_t)frame[3]);
    return (lodge_status)(int64_t)frame[0];
case 92:
    frame[0] = (uint64_t)(int64_t)
        lodge_prepared_close((lodge_prepared){ frame[1] });
    return (lodge_status)(int64_t)frame[0];
case 100:
    frame[0] = (uint64_t)(int64_t)
        lodge_store_new((lodge_engine){ frame[1] },
            (lodge_store *)(uintptr_t)frame[2],
            (lodge_error *)(uintptr_t)frame[3]);
    return (lodge_status)(int64_t)frame[0];
case 101:
    frame[0] = (uint64_t)(int64_t)lodge_store_close((lodge_store){ frame[1] });
    return (lodge_status)(int64_t)frame[0];
case 102:
    frame[0] = (uint64_t)(int64_t)
        lodge_store_set((lodge_store){ frame[1] }, (uint32_t)frame[2],
            frame[3], (lodge_error *)(uintptr_t)frame[4]);
    return (lodge_status)(int64_t)frame[0];
case 103:
    frame[0] = (uint64_t)(int64_t)
        lodge_store_get((lodge_store){ frame[1] }, (uint32_t)frame[2],
            (uint64_t *)(uintptr_t)frame[3],
            (lodge_error *)(uintptr_t)frame[4]);
    return (lodge_status)(int64_t)frame[0];
case 104:
    frame[0] = (uint64_t)(int64_t)
        lodge_store_wasi((lodge_store){ frame[1] },
            (lodge_wasi){ frame[2] }, (lodge_error *)(uintptr_t)frame[3]);
    return (lodge_status)(int64_t)frame[0];
case 105:
    frame[0] = (uint64_t)(int64_t)
        lodge_store_hold((lodge_store){ frame[1] },
            (lodge_error *)(uintptr_t)frame[2]);
    return (lodge_status)(int64_t)frame[0];
case 106:
    frame[0] = (uint64_t)(int64_t)
        lodge_store_unhold((lodge_store){ frame[1] },
            (lodge_error *)(uintptr_t)frame[2]);
    return (lodge_status)(int64_t)frame[0];
case 107:
    frame[0] = (uint64_t)(int64_t)
        lodge_store_gc((lodge_store){ frame[1] },
            (lodge_error *)(uintptr_t)frame[2]);
    return (lodge_status)(int64_t)frame[0];
case 108:
    frame[0] = (uint64_t)(int64_t)
        lodge_store_output((lodge_store){ frame[1] }, (uint32_t)frame[2],
            (uint8_t *)(uintptr_t)frame[3], frame[4],
            (uint64_t *)(uintptr_t)frame[5],
            (lodge_error *)(uintptr_t)frame[6]);
    return (lodge_status)(int64_t)frame[0];
case 109:
    frame[0] = (uint64_t)(int64_t)
        lodge_store_input((lodge_store){ frame[1] }, (uint32_t)frame[2],
            (const uint8_t *)(uintptr_t)frame[3], frame[4],
            (uint64_t *)(uintptr_t)frame[5],
            (lodge_error *)(uintptr_t)frame[6]);
    return (lodge_status)(int64_t)frame[0];
case 120:
    frame[0] = (uint64_t)(int64_t)
        lodge_instance_new((lodge_linker){ frame[1] },
            (lodge_store){ frame[2] }, (lodge_module){ frame[3] },
            (lodge_instance *)(uintptr_t)frame[4],
            (lodge_error *)(uintptr_t)frame[5]);
    return (lodge_status)(int64_t)frame[0];
case 121:
    frame[0] = (uint64_t)(int64_t)
        lodge_prepared_instance((lodge_prepared){ frame[1] },
            (lodge_store){ frame[2] },
            (lodge_instance *)(uintptr_t)frame[3],
            (lodge_error *)(uintptr_t)frame[4]);
    return (lodge_status)(int64_t)frame[0];
case 122:
    frame[0] = (uint64_t)(int64_t)
        lodge_instance_close((lodge_instance){ frame[1] });
    return (lodge_status)(int64_t)frame[0];
case 123:
    frame[0] = (uint64_t)(int64_t)
        lodge_instance_store((lodge_instance){ frame[1] },
            (lodge_store *)(uintptr_t)frame[2],
            (lodge_error *)(uintptr_t)frame[3]);
    return (lodge_status)(int64_t)frame[0];
case 124:
    frame[0] = (uint64_t)(int64_t)
        lodge_instance_export((lodge_instance){ frame[1] },
            (const char *)(uintptr_t)frame[2], frame[3],
            (lodge_extern *)(uintptr_t)frame[4],
            (lodge_error *)(uintptr_t)frame[5]);
    return (lodge_status)(int64_t)frame[0];
case 125:
    frame[0] = (uint64_t)(int64_t)
        lodge_instance_export_at((lodge_instance){ frame[1] },
            (uint32_t)frame[2], (lodge_extern *)(uintptr_t)frame[3],
            (lodge_error *)(uintptr_t)frame[4]);
    return (lodge_status)(int64_t)frame[0];
case 126:
    frame[0] = (uint64_t)(int64_t)
        lodge_instance_func((lodge_instance){ frame[1] },
            (const char *)(uintptr_t)frame[2], frame[3],
            (lodge_func *)(uintptr_t)frame[4],
            (lodge_error *)(uintptr_t)frame[5]);
    return (lodge_status)(int64_t)frame[0];
case 127:
    frame[0] = (uint64_t)(int64_t)
        lodge_instance_memory((lodge_instance){ frame[1] },
            (const char *)(uintptr_t)frame[2], frame[3],
            (lodge_memory *)(uintptr_t)frame[4],
            (lodge_error *)(uintptr_t)frame[5]);
    return (lodge_status)(int64_t)frame[0];
case 128:
    frame[0] = (uint64_t)(int64_t)
        lodge_instance_table((lodge_instance){ frame[1] },
            (const char *)(uintptr_t)frame[2], frame[3],
            (lodge_table *)(uintptr_t)frame[4],
            (lodge_error *)(uintptr_t)frame[5]);
    return (lodge_status)(int64_t)frame[0];
case 129:
    frame[0] = (uint64_t)(int64_t)
        lodge_instance_global((lodge_instance){ frame[1] },
            (const char *)(uintptr_t)frame[2], frame[3],
            (lodge_global *)(uintptr_t)frame[4],
            (lodge_error *)(uintptr_t)frame[5]);
    return (lodge_status)(int64_t)frame[0];
case 140:
    frame[0] = (uint64_t)(int64_t)
        lodge_func_call((lodge_func){ frame[1] },
            (uint64_t *)(uintptr_t)frame[2], (uint32_t)frame[3],
            (lodge_error *)(uintptr_t)frame[4]);
    return (lodge_status)(int64_t)frame[0];
case 141:
    frame[0] = (uint64_t)(int64_t)lodge_call((uint64_t *)(uintptr_t)frame[1]);
    return (lodge_status)(int64_t)frame[0];
case 142:
    frame[0] = (uint64_t)(int64_t)
        lodge_func_type((lodge_func){ frame[1] },
            (char *)(uintptr_t)frame[2], frame[3],
            (uint64_t *)(uintptr_t)frame[4],
            (lodge_error *)(uintptr_t)frame[5]);
    return (lodge_status)(int64_t)frame[0];
case 143:
    frame[0] = (uint64_t)(int64_t)
        lodge_func_slots((lodge_func){ frame[1] },
            (uint32_t *)(uintptr_t)frame[2],
            (uint32_t *)(uintptr_t)frame[3],
            (lodge_error *)(uintptr_t)frame[4]);
    return (lodge_status)(int64_t)frame[0];
case 147:
    frame[0] = (uint64_t)(int64_t)
        lodge_func_may_suspend((lodge_func){ frame[1] },
            (uint32_t *)(uintptr_t)frame[2],
            (lodge_error *)(uintptr_t)frame[3]);
    return (lodge_status)(int64_t)frame[0];
case 150:
    frame[0] = (uint64_t)(int64_t)
        lodge_caller_instance((lodge_caller){ frame[1] },
            (lodge_instance *)(uintptr_t)frame[2]);
    return (lodge_status)(int64_t)frame[0];
case 151:
    frame[0] = (uint64_t)(int64_t)
        lodge_caller_memory((lodge_caller){ frame[1] },
            (lodge_memory *)(uintptr_t)frame[2]);
    return (lodge_status)(int64_t)frame[0];
case 152:
    frame[0] = (uint64_t)(int64_t)
        lodge_caller_export((lodge_caller){ frame[1] },
            (const char *)(uintptr_t)frame[2], frame[3],
            (lodge_extern *)(uintptr_t)frame[4]);
    return (lodge_status)(int64_t)frame[0];
case 153:
    frame[0] = (uint64_t)(int64_t)
        lodge_caller_tag((lodge_caller){ frame[1] },
            (uint64_t *)(uintptr_t)frame[2]);
    return (lodge_status)(int64_t)frame[0];
case 154:
    frame[0] = (uint64_t)(int64_t)
        lodge_caller_store((lodge_caller){ frame[1] },
            (lodge_store *)(uintptr_t)frame[2]);
    return (lodge_status)(int64_t)frame[0];
case 155:
    frame[0] = (uint64_t)(int64_t)
        lodge_caller_fail((lodge_caller){ frame[1] }, frame[2],
            (const char *)(uintptr_t)frame[3], frame[4]);
    return (lodge_status)(int64_t)frame[0];
case 156:
    frame[0] = (uint64_t)(int64_t)
        lodge_caller_exit((lodge_caller){ frame[1] }, (int32_t)frame[2]);
    return (lodge_status)(int64_t)frame[0];
case 157:
    frame[0] = (uint64_t)(int64_t)
        lodge_caller_get((lodge_caller){ frame[1] }, (uint32_t)frame[2],
            (uint64_t *)(uintptr_t)frame[3]);
    return (lodge_status)(int64_t)frame[0];
case 158:
    frame[0] = (uint64_t)(int64_t)
        lodge_caller_forget((lodge_caller){ frame[1] });
    return (lodge_status)(int64_t)frame[0];
case 160:
    frame[0] = (uint64_t)(int64_t)
        lodge_memory_new((lodge_store){ frame[1] },
            (const char *)(uintptr_t)frame[2], frame[3],
            (lodge_memory *)(uintptr_t)frame[4],
            (lodge_error *)(uintptr_t)frame[5]);
    return (lodge_status)(int64_t)frame[0];
case 161:
    frame[0] = (uint64_t)(int64_t)
        lodge_memory_type((lodge_memory){ frame[1] },
            (char *)(uintptr_t)frame[2], frame[3],
            (uint64_t *)(uintptr_t)frame[4],
            (lodge_error *)(uintptr_t)frame[5]);
    return (lodge_status)(int64_t)frame[0];
case 162:
    frame[0] = (uint64_t)(int64_t)
        lodge_memory_size((lodge_memory){ frame[1] },
            (uint64_t *)(uintptr_t)frame[2],
            (lodge_error *)(uintptr_t)frame[3]);
    return (lodge_status)(int64_t)frame[0];
case 163:
    frame[0] = (uint64_t)(int64_t)
        lodge_memory_grow((lodge_memory){ frame[1] }, frame[2],
            (uint64_t *)(uintptr_t)frame[3],
            (lodge_error *)(uintptr_t)frame[4]);
    return (lodge_status)(int64_t)frame[0];
case 164:
    frame[0] = (uint64_t)(int64_t)
        lodge_memory_read((lodge_memory){ frame[1] }, frame[2],
            (uint8_t *)(uintptr_t)frame[3], frame[4],
            (lodge_error *)(uintptr_t)frame[5]);
    return (lodge_status)(int64_t)frame[0];
case 165:
    frame[0] = (uint64_t)(int64_t)
        lodge_memory_write((lodge_memory){ frame[1] }, frame[2],
            (const uint8_t *)(uintptr_t)frame[3], frame[4],
            (lodge_error *)(uintptr_t)frame[5]);
    return (lodge_status)(int64_t)frame[0];
case 166:
    frame[0] = (uint64_t)(int64_t)
        lodge_memory_fill((lodge_memory){ frame[1] }, frame[2],
            (uint32_t)frame[3], frame[4],
            (lodge_error *)(uintptr_t)frame[5]);
    return (lodge_status)(int64_t)frame[0];
case 167:
    frame[0] = (uint64_t)(int64_t)
        lodge_memory_copy((lodge_memory){ frame[1] }, frame[2],
            (lodge_memory){ frame[3] }, frame[4], frame[5],
            (lodge_error *)(uintptr_t)frame[6]);
    return (lodge_status)(int64_t)frame[0];
case 168:
    frame[0] = (uint64_t)(int64_t)
        lodge_memory_find((lodge_memory){ frame[1] }, frame[2],
            (uint32_t)frame[3], frame[4], (uint64_t *)(uintptr_t)frame[5],
            (lodge_error *)(uintptr_t)frame[6]);
    return (lodge_status)(int64_t)frame[0];
case 169:
    frame[0] = (uint64_t)(int64_t)
        lodge_memory_load((lodge_memory){ frame[1] }, frame[2],
            (uint32_t)frame[3], (uint64_t *)(uintptr_t)frame[4],
            (lodge_error *)(uintptr_t)frame[5]);
    return (lodge_status)(int64_t)frame[0];
case 170:
    frame[0] = (uint64_t)(int64_t)
        lodge_memory_store((lodge_memory){ frame[1] }, frame[2],
            (uint32_t)frame[3], (const uint64_t *)(uintptr_t)frame[4],
            (lodge_error *)(uintptr_t)frame[5]);
    return (lodge_status)(int64_t)frame[0];
case 171:
    frame[0] = (uint64_t)(int64_t)
        lodge_memory_lease((lodge_memory){ frame[1] },
            (uint64_t *)(uintptr_t)frame[2],
            (uint64_t *)(uintptr_t)frame[3],
            (lodge_lease *)(uintptr_t)frame[4],
            (lodge_error *)(uintptr_t)frame[5]);
    return (lodge_status)(int64_t)frame[0];
case 172:
    frame[0] = (uint64_t)(int64_t)lodge_lease_close((lodge_lease){ frame[1] });
    return (lodge_status)(int64_t)frame[0];
case 180:
    frame[0] = (uint64_t)(int64_t)
        lodge_table_new((lodge_store){ frame[1] },
            (const char *)(uintptr_t)frame[2], frame[3], frame[4],
            (lodge_table *)(uintptr_t)frame[5],
            (lodge_error *)(uintptr_t)frame[6]);
    return (lodge_status)(int64_t)frame[0];
case 181:
    frame[0] = (uint64_t)(int64_t)
        lodge_table_type((lodge_table){ frame[1] },
            (char *)(uintptr_t)frame[2], frame[3],
            (uint64_t *)(uintptr_t)frame[4],
            (lodge_error *)(uintptr_t)frame[5]);
    return (lodge_status)(int64_t)frame[0];
case 182:
    frame[0] = (uint64_t)(int64_t)
        lodge_table_size((lodge_table){ frame[1] },
            (uint64_t *)(uintptr_t)frame[2],
            (lodge_error *)(uintptr_t)frame[3]);
    return (lodge_status)(int64_t)frame[0];
case 183:
    frame[0] = (uint64_t)(int64_t)
        lodge_table_get((lodge_table){ frame[1] }, frame[2],
            (uint64_t *)(uintptr_t)frame[3],
            (lodge_error *)(uintptr_t)frame[4]);
    return (lodge_status)(int64_t)frame[0];
case 184:
    frame[0] = (uint64_t)(int64_t)
        lodge_table_set((lodge_table){ frame[1] }, frame[2], frame[3],
            (lodge_error *)(uintptr_t)frame[4]);
    return (lodge_status)(int64_t)frame[0];
case 185:
    frame[0] = (uint64_t)(int64_t)
        lodge_table_grow((lodge_table){ frame[1] }, frame[2], frame[3],
            (uint64_t *)(uintptr_t)frame[4],
            (lodge_error *)(uintptr_t)frame[5]);
    return (lodge_status)(int64_t)frame[0];
case 190:
    frame[0] = (uint64_t)(int64_t)
        lodge_global_new((lodge_store){ frame[1] },
            (const char *)(uintptr_t)frame[2], frame[3],
            (const uint64_t *)(uintptr_t)frame[4],
            (lodge_global *)(uintptr_t)frame[5],
            (lodge_error *)(uintptr_t)frame[6]);
    return (lodge_status)(int64_t)frame[0];
case 191:
    frame[0] = (uint64_t)(int64_t)
        lodge_global_type((lodge_global){ frame[1] },
            (char *)(uintptr_t)frame[2], frame[3],
            (uint64_t *)(uintptr_t)frame[4],
            (lodge_error *)(uintptr_t)frame[5]);
    return (lodge_status)(int64_t)frame[0];
case 192:
    frame[0] = (uint64_t)(int64_t)
        lodge_global_get((lodge_global){ frame[1] },
            (uint64_t *)(uintptr_t)frame[2], (uint32_t)frame[3],
            (lodge_error *)(uintptr_t)frame[4]);
    return (lodge_status)(int64_t)frame[0];
case 193:
    frame[0] = (uint64_t)(int64_t)
        lodge_global_set((lodge_global){ frame[1] },
            (const uint64_t *)(uintptr_t)frame[2], (uint32_t)frame[3],
            (lodge_error *)(uintptr_t)frame[4]);
    return (lodge_status)(int64_t)frame[0];
case 200:
    frame[0] = (uint64_t)(int64_t)
        lodge_wasi_new((lodge_wasi *)(uintptr_t)frame[1],
            (lodge_error *)(uintptr_t)frame[2]);
    return (lodge_status)(int64_t)frame[0];
case 201:
    frame[0] = (uint64_t)(int64_t)lodge_wasi_close((lodge_wasi){ frame[1] });
    return (lodge_status)(int64_t)frame[0];
case 202:
    frame[0] = (uint64_t)(int64_t)
        lodge_wasi_arg((lodge_wasi){ frame[1] },
            (const char *)(uintptr_t)frame[2], frame[3],
            (lodge_error *)(uintptr_t)frame[4]);
    return (lodge_status)(int64_t)frame[0];
case 203:
    frame[0] = (uint64_t)(int64_t)
        lodge_wasi_env((lodge_wasi){ frame[1] },
            (const char *)(uintptr_t)frame[2], frame[3],
            (const char *)(uintptr_t)frame[4], frame[5],
            (lodge_error *)(uintptr_t)frame[6]);
    return (lodge_status)(int64_t)frame[0];
case 204:
    frame[0] = (uint64_t)(int64_t)
        lodge_wasi_stream((lodge_wasi){ frame[1] }, (uint32_t)frame[2],
            (uint32_t)frame[3], (const uint8_t *)(uintptr_t)frame[4],
            frame[5], (lodge_error *)(uintptr_t)frame[6]);
    return (lodge_status)(int64_t)frame[0];
case 205:
    frame[0] = (uint64_t)(int64_t)
        lodge_wasi_dir((lodge_wasi){ frame[1] },
            (const char *)(uintptr_t)frame[2], frame[3],
            (const char *)(uintptr_t)frame[4], frame[5],
            (uint32_t)frame[6], (uint32_t)frame[7],
            (lodge_error *)(uintptr_t)frame[8]);
    return (lodge_status)(int64_t)frame[0];
case 206:
    frame[0] = (uint64_t)(int64_t)
        lodge_wasi_set((lodge_wasi){ frame[1] }, (uint32_t)frame[2],
            frame[3], (lodge_error *)(uintptr_t)frame[4]);
    return (lodge_status)(int64_t)frame[0];
case 220:
    frame[0] = (uint64_t)(int64_t)
        lodge_report_text((lodge_report){ frame[1] },
            (char *)(uintptr_t)frame[2], frame[3],
            (uint64_t *)(uintptr_t)frame[4],
            (lodge_error *)(uintptr_t)frame[5]);
    return (lodge_status)(int64_t)frame[0];
case 221:
    frame[0] = (uint64_t)(int64_t)
        lodge_report_frame_count((lodge_report){ frame[1] },
            (uint32_t *)(uintptr_t)frame[2],
            (lodge_error *)(uintptr_t)frame[3]);
    return (lodge_status)(int64_t)frame[0];
case 222:
    frame[0] = (uint64_t)(int64_t)
        lodge_report_frame((lodge_report){ frame[1] }, (uint32_t)frame[2],
            (uint32_t)frame[3], (char *)(uintptr_t)frame[4], frame[5],
            (uint64_t *)(uintptr_t)frame[6],
            (lodge_error *)(uintptr_t)frame[7]);
    return (lodge_status)(int64_t)frame[0];
case 223:
    frame[0] = (uint64_t)(int64_t)
        lodge_report_cause_count((lodge_report){ frame[1] },
            (uint32_t *)(uintptr_t)frame[2],
            (lodge_error *)(uintptr_t)frame[3]);
    return (lodge_status)(int64_t)frame[0];
case 224:
    frame[0] = (uint64_t)(int64_t)
        lodge_report_cause((lodge_report){ frame[1] }, (uint32_t)frame[2],
            (lodge_status *)(uintptr_t)frame[3],
            (uint64_t *)(uintptr_t)frame[4], (char *)(uintptr_t)frame[5],
            frame[6], (uint64_t *)(uintptr_t)frame[7],
            (lodge_error *)(uintptr_t)frame[8]);
    return (lodge_status)(int64_t)frame[0];
case 225:
    frame[0] = (uint64_t)(int64_t)
        lodge_report_close((lodge_report){ frame[1] });
    return (lodge_status)(int64_t)frame[0];
case 230:
    frame[0] = (uint64_t)(int64_t)
        lodge_host_new((lodge_engine){ frame[1] },
            (const char *)(uintptr_t)frame[2], frame[3],
            (lodge_host *)(uintptr_t)frame[4],
            (lodge_error *)(uintptr_t)frame[5]);
    return (lodge_status)(int64_t)frame[0];
case 231:
    frame[0] = (uint64_t)(int64_t)lodge_host_close((lodge_host){ frame[1] });
    return (lodge_status)(int64_t)frame[0];
case 232:
    frame[0] = (uint64_t)(int64_t)
        lodge_host_func((lodge_host){ frame[1] },
            (const char *)(uintptr_t)frame[2], frame[3],
            (uint32_t)frame[4], frame[5], (uint32_t *)(uintptr_t)frame[6],
            (lodge_error *)(uintptr_t)frame[7]);
    return (lodge_status)(int64_t)frame[0];
case 233:
    frame[0] = (uint64_t)(int64_t)
        lodge_host_direct((lodge_host){ frame[1] }, (uint32_t)frame[2],
            (lodge_direct_fn)(uintptr_t)frame[3],
            (lodge_error *)(uintptr_t)frame[4]);
    return (lodge_status)(int64_t)frame[0];
case 234:
    frame[0] = (uint64_t)(int64_t)
        lodge_host_describe((lodge_host){ frame[1] }, (uint32_t)frame[2],
            (uint32_t)frame[3], (const char *)(uintptr_t)frame[4],
            frame[5], (lodge_error *)(uintptr_t)frame[6]);
    return (lodge_status)(int64_t)frame[0];
case 235:
    frame[0] = (uint64_t)(int64_t)
        lodge_host_export((lodge_host){ frame[1] }, (uint32_t)frame[2],
            (const char *)(uintptr_t)frame[3], frame[4],
            (lodge_error *)(uintptr_t)frame[5]);
    return (lodge_status)(int64_t)frame[0];
case 236:
    frame[0] = (uint64_t)(int64_t)
        lodge_host_count((lodge_host){ frame[1] },
            (uint32_t *)(uintptr_t)frame[2],
            (lodge_error *)(uintptr_t)frame[3]);
    return (lodge_status)(int64_t)frame[0];
case 237:
    frame[0] = (uint64_t)(int64_t)
        lodge_host_item((lodge_host){ frame[1] }, (uint32_t)frame[2],
            (uint32_t)frame[3], (char *)(uintptr_t)frame[4], frame[5],
            (uint64_t *)(uintptr_t)frame[6],
            (lodge_error *)(uintptr_t)frame[7]);
    return (lodge_status)(int64_t)frame[0];
case 238:
    frame[0] = (uint64_t)(int64_t)
        lodge_linker_add_host((lodge_linker){ frame[1] },
            (lodge_host){ frame[2] }, (lodge_error *)(uintptr_t)frame[3]);
    return (lodge_status)(int64_t)frame[0];
case 239:
    frame[0] = (uint64_t)(int64_t)lodge_resume((uint64_t *)(uintptr_t)frame[1]);
    return (lodge_status)(int64_t)frame[0];
case 240:
    frame[0] = (uint64_t)(int64_t)
        lodge_instantiate((uint64_t *)(uintptr_t)frame[1]);
    return (lodge_status)(int64_t)frame[0];
case 241:
    frame[0] = (uint64_t)(int64_t)
        lodge_store_cancel((lodge_store){ frame[1] }, frame[2]);
    return (lodge_status)(int64_t)frame[0];
case 242:
    frame[0] = (uint64_t)(int64_t)
        lodge_linker_frame((lodge_linker){ frame[1] },
            (lodge_frame_fn)(uintptr_t)frame[2],
            (lodge_error *)(uintptr_t)frame[3]);
    return (lodge_status)(int64_t)frame[0];
case 243:
    frame[0] = (uint64_t)(int64_t)
        lodge_store_frame((lodge_store){ frame[1] },
            (uint64_t *)(uintptr_t)frame[2], (uint32_t)frame[3],
            (uint32_t)frame[4], (lodge_error *)(uintptr_t)frame[5]);
    return (lodge_status)(int64_t)frame[0];
case 250:
    frame[0] = (uint64_t)(int64_t)
        lodge_budget_new((lodge_budget *)(uintptr_t)frame[1],
            (lodge_error *)(uintptr_t)frame[2]);
    return (lodge_status)(int64_t)frame[0];
case 251:
    frame[0] = (uint64_t)(int64_t)
        lodge_budget_set((lodge_budget){ frame[1] }, (uint32_t)frame[2],
            frame[3], (lodge_error *)(uintptr_t)frame[4]);
    return (lodge_status)(int64_t)frame[0];
case 252:
    frame[0] = (uint64_t)(int64_t)
        lodge_budget_get((lodge_budget){ frame[1] }, (uint32_t)frame[2],
            (uint64_t *)(uintptr_t)frame[3],
            (lodge_error *)(uintptr_t)frame[4]);
    return (lodge_status)(int64_t)frame[0];
case 253:
    frame[0] = (uint64_t)(int64_t)
        lodge_budget_close((lodge_budget){ frame[1] });
    return (lodge_status)(int64_t)frame[0];
case 254:
    frame[0] = (uint64_t)(int64_t)
        lodge_store_budget((lodge_store){ frame[1] },
            (lodge_budget){ frame[2] }, (lodge_error *)(uintptr_t)frame[3]);
    return (lodge_status)(int64_t)frame[0];
case 255:
    frame[0] = (uint64_t)(int64_t)
        lodge_prepared_budget((lodge_prepared){ frame[1] },
            (lodge_budget){ frame[2] }, (lodge_error *)(uintptr_t)frame[3]);
    return (lodge_status)(int64_t)frame[0];
case 260:
    frame[0] = (uint64_t)(int64_t)
        lodge_tag_new((lodge_store){ frame[1] },
            (const char *)(uintptr_t)frame[2], frame[3],
            (lodge_tag *)(uintptr_t)frame[4],
            (lodge_error *)(uintptr_t)frame[5]);
    return (lodge_status)(int64_t)frame[0];
case 261:
    frame[0] = (uint64_t)(int64_t)
        lodge_tag_type((lodge_tag){ frame[1] },
            (char *)(uintptr_t)frame[2], frame[3],
            (uint64_t *)(uintptr_t)frame[4],
            (lodge_error *)(uintptr_t)frame[5]);
    return (lodge_status)(int64_t)frame[0];
case 262:
    frame[0] = (uint64_t)(int64_t)
        lodge_instance_tag((lodge_instance){ frame[1] },
            (const char *)(uintptr_t)frame[2], frame[3],
            (lodge_tag *)(uintptr_t)frame[4],
            (lodge_error *)(uintptr_t)frame[5]);
    return (lodge_status)(int64_t)frame[0];
case 263:
    frame[0] = (uint64_t)(int64_t)lodge_ref_close((lodge_ref){ frame[1] });
    return (lodge_status)(int64_t)frame[0];
case 264:
    frame[0] = (uint64_t)(int64_t)
        lodge_ref_dup((lodge_ref){ frame[1] },
            (lodge_ref *)(uintptr_t)frame[2],
            (lodge_error *)(uintptr_t)frame[3]);
    return (lodge_status)(int64_t)frame[0];
case 265:
    frame[0] = (uint64_t)(int64_t)
        lodge_ref_type((lodge_ref){ frame[1] },
            (char *)(uintptr_t)frame[2], frame[3],
            (uint64_t *)(uintptr_t)frame[4],
            (lodge_error *)(uintptr_t)frame[5]);
    return (lodge_status)(int64_t)frame[0];
case 266:
    frame[0] = (uint64_t)(int64_t)
        lodge_ref_test((lodge_ref){ frame[1] }, (uint32_t)frame[2],
            (uint32_t *)(uintptr_t)frame[3],
            (lodge_error *)(uintptr_t)frame[4]);
    return (lodge_status)(int64_t)frame[0];
case 267:
    frame[0] = (uint64_t)(int64_t)
        lodge_ref_same((lodge_ref){ frame[1] }, (lodge_ref){ frame[2] },
            (uint32_t *)(uintptr_t)frame[3],
            (lodge_error *)(uintptr_t)frame[4]);
    return (lodge_status)(int64_t)frame[0];
case 268:
    frame[0] = (uint64_t)(int64_t)
        lodge_ref_i31((lodge_store){ frame[1] }, (uint32_t)frame[2],
            (lodge_ref *)(uintptr_t)frame[3],
            (lodge_error *)(uintptr_t)frame[4]);
    return (lodge_status)(int64_t)frame[0];
case 269:
    frame[0] = (uint64_t)(int64_t)
        lodge_ref_len((lodge_ref){ frame[1] },
            (uint64_t *)(uintptr_t)frame[2],
            (lodge_error *)(uintptr_t)frame[3]);
    return (lodge_status)(int64_t)frame[0];
case 270:
    frame[0] = (uint64_t)(int64_t)
        lodge_ref_read((lodge_ref){ frame[1] }, frame[2],
            (uint64_t *)(uintptr_t)frame[3], (uint32_t)frame[4],
            (lodge_error *)(uintptr_t)frame[5]);
    return (lodge_status)(int64_t)frame[0];
case 271:
    frame[0] = (uint64_t)(int64_t)
        lodge_ref_write((lodge_ref){ frame[1] }, frame[2],
            (const uint64_t *)(uintptr_t)frame[3], (uint32_t)frame[4],
            (lodge_error *)(uintptr_t)frame[5]);
    return (lodge_status)(int64_t)frame[0];
case 272:
    frame[0] = (uint64_t)(int64_t)
        lodge_store_scope((lodge_store){ frame[1] },
            (uint64_t *)(uintptr_t)frame[2],
            (lodge_error *)(uintptr_t)frame[3]);
    return (lodge_status)(int64_t)frame[0];
case 273:
    frame[0] = (uint64_t)(int64_t)
        lodge_store_scope_end((lodge_store){ frame[1] }, frame[2],
            (lodge_error *)(uintptr_t)frame[3]);
    return (lodge_status)(int64_t)frame[0];
case 274:
    frame[0] = (uint64_t)(int64_t)
        lodge_exception_new((lodge_tag){ frame[1] },
            (const uint64_t *)(uintptr_t)frame[2], (uint32_t)frame[3],
            (lodge_ref *)(uintptr_t)frame[4],
            (lodge_error *)(uintptr_t)frame[5]);
    return (lodge_status)(int64_t)frame[0];
case 275:
    frame[0] = (uint64_t)(int64_t)
        lodge_exception_tag((lodge_ref){ frame[1] },
            (lodge_tag *)(uintptr_t)frame[2],
            (lodge_error *)(uintptr_t)frame[3]);
    return (lodge_status)(int64_t)frame[0];
case 276:
    frame[0] = (uint64_t)(int64_t)
        lodge_exception_read((lodge_ref){ frame[1] },
            (uint64_t *)(uintptr_t)frame[2], (uint32_t)frame[3],
            (lodge_error *)(uintptr_t)frame[4]);
    return (lodge_status)(int64_t)frame[0];
case 277:
    frame[0] = (uint64_t)(int64_t)
        lodge_caller_throw((lodge_caller){ frame[1] },
            (lodge_ref){ frame[2] });
    return (lodge_status)(int64_t)frame[0];
case 280:
    frame[0] = (uint64_t)(int64_t)
        lodge_host_memory((lodge_host){ frame[1] },
            (const char *)(uintptr_t)frame[2], frame[3],
            (uint32_t *)(uintptr_t)frame[4],
            (lodge_error *)(uintptr_t)frame[5]);
    return (lodge_status)(int64_t)frame[0];
case 281:
    frame[0] = (uint64_t)(int64_t)
        lodge_host_table((lodge_host){ frame[1] },
            (const char *)(uintptr_t)frame[2], frame[3],
            (uint32_t *)(uintptr_t)frame[4],
            (lodge_error *)(uintptr_t)frame[5]);
    return (lodge_status)(int64_t)frame[0];
case 282:
    frame[0] = (uint64_t)(int64_t)
        lodge_host_global((lodge_host){ frame[1] },
            (const char *)(uintptr_t)frame[2], frame[3],
            (const uint64_t *)(uintptr_t)frame[4],
            (uint32_t *)(uintptr_t)frame[5],
            (lodge_error *)(uintptr_t)frame[6]);
    return (lodge_status)(int64_t)frame[0];
case 283:
    frame[0] = (uint64_t)(int64_t)
        lodge_host_tag((lodge_host){ frame[1] },
            (const char *)(uintptr_t)frame[2], frame[3],
            (uint32_t *)(uintptr_t)frame[4],
            (lodge_error *)(uintptr_t)frame[5]);
    return (lodge_status)(int64_t)frame[0];
case 284:
    frame[0] = (uint64_t)(int64_t)
        lodge_host_get((lodge_host){ frame[1] },
            (lodge_store){ frame[2] }, (const char *)(uintptr_t)frame[3],
            frame[4], (lodge_extern *)(uintptr_t)frame[5],
            (lodge_error *)(uintptr_t)frame[6]);
    return (lodge_status)(int64_t)frame[0];
case 300:
    frame[0] = (uint64_t)(int64_t)
        lodge_module_save((lodge_module){ frame[1] },
            (const uint8_t *)(uintptr_t)frame[2], frame[3],
            (uint8_t *)(uintptr_t)frame[4], frame[5],
            (uint64_t *)(uintptr_t)frame[6],
            (lodge_error *)(uintptr_t)frame[7]);
    return (lodge_status)(int64_t)frame[0];
case 301:
    frame[0] = (uint64_t)(int64_t)
        lodge_module_load((lodge_engine){ frame[1] },
            (const uint8_t *)(uintptr_t)frame[2], frame[3],
            (const uint8_t *)(uintptr_t)frame[4], frame[5],
            (lodge_module *)(uintptr_t)frame[6],
            (lodge_error *)(uintptr_t)frame[7]);
    return (lodge_status)(int64_t)frame[0];
case 302:
    frame[0] = (uint64_t)(int64_t)
        lodge_module_save_file((lodge_module){ frame[1] },
            (const char *)(uintptr_t)frame[2], frame[3],
            (const uint8_t *)(uintptr_t)frame[4], frame[5],
            (lodge_error *)(uintptr_t)frame[6]);
    return (lodge_status)(int64_t)frame[0];
case 303:
    frame[0] = (uint64_t)(int64_t)
        lodge_module_load_file((lodge_engine){ frame[1] },
            (const char *)(uintptr_t)frame[2], frame[3],
            (const uint8_t *)(uintptr_t)frame[4], frame[5],
            (lodge_module *)(uintptr_t)frame[6],
            (lodge_error *)(uintptr_t)frame[7]);
    return (lodge_status)(int64_t)frame[0];
case 320:
    frame[0] = (uint64_t)(int64_t)
        lodge_shared_memory_new((lodge_engine){ frame[1] },
            (const char *)(uintptr_t)frame[2], frame[3],
            (lodge_shared_memory *)(uintptr_t)frame[4],
            (lodge_error *)(uintptr_t)frame[5]);
    return (lodge_status)(int64_t)frame[0];
case 321:
    frame[0] = (uint64_t)(int64_t)
        lodge_shared_memory_close((lodge_shared_memory){ frame[1] });
    return (lodge_status)(int64_t)frame[0];
case 322:
    frame[0] = (uint64_t)(int64_t)
        lodge_shared_memory_type((lodge_shared_memory){ frame[1] },
            (char *)(uintptr_t)frame[2], frame[3],
            (uint64_t *)(uintptr_t)frame[4],
            (lodge_error *)(uintptr_t)frame[5]);
    return (lodge_status)(int64_t)frame[0];
case 323:
    frame[0] = (uint64_t)(int64_t)
        lodge_shared_memory_size((lodge_shared_memory){ frame[1] },
            (uint64_t *)(uintptr_t)frame[2],
            (lodge_error *)(uintptr_t)frame[3]);
    return (lodge_status)(int64_t)frame[0];
case 324:
    frame[0] = (uint64_t)(int64_t)
        lodge_shared_memory_grow((lodge_shared_memory){ frame[1] },
            frame[2], (uint64_t *)(uintptr_t)frame[3],
            (lodge_error *)(uintptr_t)frame[4]);
    return (lodge_status)(int64_t)frame[0];
case 325:
    frame[0] = (uint64_t)(int64_t)
        lodge_shared_memory_read((lodge_shared_memory){ frame[1] },
            frame[2], (uint8_t *)(uintptr_t)frame[3], frame[4],
            (lodge_error *)(uintptr_t)frame[5]);
    return (lodge_status)(int64_t)frame[0];
case 326:
    frame[0] = (uint64_t)(int64_t)
        lodge_shared_memory_write((lodge_shared_memory){ frame[1] },
            frame[2], (const uint8_t *)(uintptr_t)frame[3], frame[4],
            (lodge_error *)(uintptr_t)frame[5]);
    return (lodge_status)(int64_t)frame[0];
case 327:
    frame[0] = (uint64_t)(int64_t)
        lodge_shared_memory_fill((lodge_shared_memory){ frame[1] },
            frame[2], (uint32_t)frame[3], frame[4],
            (lodge_error *)(uintptr_t)frame[5]);
    return (lodge_status)(int64_t)frame[0];
case 328:
    frame[0] = (uint64_t)(int64_t)
        lodge_shared_memory_copy((lodge_shared_memory){ frame[1] },
            frame[2], (lodge_shared_memory){ frame[3] }, frame[4],
            frame[5], (lodge_error *)(uintptr_t)frame[6]);
    return (lodge_status)(int64_t)frame[0];
case 329:
    frame[0] = (uint64_t)(int64_t)
        lodge_shared_memory_load((lodge_shared_memory){ frame[1] },
            frame[2], (uint32_t)frame[3], (uint64_t *)(uintptr_t)frame[4],
            (lodge_error *)(uintptr_t)frame[5]);
    return (lodge_status)(int64_t)frame[0];
case 330:
    frame[0] = (uint64_t)(int64_t)
        lodge_shared_memory_store((lodge_shared_memory){ frame[1] },
            frame[2], (uint32_t)frame[3], frame[4],
            (lodge_error *)(uintptr_t)frame[5]);
    return (lodge_status)(int64_t)frame[0];
case 331:
    frame[0] = (uint64_t)(int64_t)
        lodge_shared_memory_rmw((lodge_shared_memory){ frame[1] },
            frame[2], (uint32_t)frame[3], (uint32_t)frame[4], frame[5],
            (uint64_t *)(uintptr_t)frame[6],
            (lodge_error *)(uintptr_t)frame[7]);
    return (lodge_status)(int64_t)frame[0];
case 332:
    frame[0] = (uint64_t)(int64_t)
        lodge_shared_memory_cmpxchg((lodge_shared_memory){ frame[1] },
            frame[2], (uint32_t)frame[3], frame[4], frame[5],
            (uint64_t *)(uintptr_t)frame[6],
            (lodge_error *)(uintptr_t)frame[7]);
    return (lodge_status)(int64_t)frame[0];
case 333:
    frame[0] = (uint64_t)(int64_t)
        lodge_shared_memory_wait((lodge_shared_memory){ frame[1] },
            frame[2], (uint32_t)frame[3], frame[4], frame[5],
            (uint32_t *)(uintptr_t)frame[6],
            (lodge_error *)(uintptr_t)frame[7]);
    return (lodge_status)(int64_t)frame[0];
case 334:
    frame[0] = (uint64_t)(int64_t)
        lodge_shared_memory_notify((lodge_shared_memory){ frame[1] },
            frame[2], (uint32_t)frame[3], (uint32_t *)(uintptr_t)frame[4],
            (lodge_error *)(uintptr_t)frame[5]);
    return (lodge_status)(int64_t)frame[0];
case 335:
    frame[0] = (uint64_t)(int64_t)
        lodge_shared_memory_in((lodge_shared_memory){ frame[1] },
            (lodge_store){ frame[2] },
            (lodge_memory *)(uintptr_t)frame[3],
            (lodge_error *)(uintptr_t)frame[4]);
    return (lodge_status)(int64_t)frame[0];
case 336:
    frame[0] = (uint64_t)(int64_t)
        lodge_memory_shared((lodge_memory){ frame[1] },
            (lodge_shared_memory *)(uintptr_t)frame[2],
            (lodge_error *)(uintptr_t)frame[3]);
    return (lodge_status)(int64_t)frame[0];
case 337:
    frame[0] = (uint64_t)(int64_t)
        lodge_shared_memory_same((lodge_shared_memory){ frame[1] },
            (lodge_shared_memory){ frame[2] },
            (uint32_t *)(uintptr_t)frame[3],
            (lodge_error *)(uintptr_t)frame[4]);
    return (lodge_status)(int64_t)frame[0];
case 338:
    frame[0] = (uint64_t)(int64_t)
        lodge_shared_memory_lease((lodge_shared_memory){ frame[1] },
            (uint64_t *)(uintptr_t)frame[2],
            (uint64_t *)(uintptr_t)frame[3],
            (lodge_lease *)(uintptr_t)frame[4],
            (lodge_error *)(uintptr_t)frame[5]);
    return (lodge_status)(int64_t)frame[0];
case 339:
    frame[0] = (uint64_t)(int64_t)
        lodge_host_shared_memory((lodge_host){ frame[1] },
            (lodge_shared_memory){ frame[2] },
            (uint32_t *)(uintptr_t)frame[3],
            (lodge_error *)(uintptr_t)frame[4]);
    return (lodge_status)(int64_t)frame[0];
case 340:
    frame[0] = (uint64_t)(int64_t)
        lodge_module_type_count((lodge_module){ frame[1] },
            (uint32_t *)(uintptr_t)frame[2],
            (lodge_error *)(uintptr_t)frame[3]);
    return (lodge_status)(int64_t)frame[0];
case 341:
    frame[0] = (uint64_t)(int64_t)
        lodge_module_type((lodge_module){ frame[1] }, (uint32_t)frame[2],
            (uint32_t *)(uintptr_t)frame[3],
            (lodge_error *)(uintptr_t)frame[4]);
    return (lodge_status)(int64_t)frame[0];
case 342:
    frame[0] = (uint64_t)(int64_t)
        lodge_module_type_find((lodge_module){ frame[1] },
            (const char *)(uintptr_t)frame[2], frame[3],
            (uint32_t *)(uintptr_t)frame[4],
            (lodge_error *)(uintptr_t)frame[5]);
    return (lodge_status)(int64_t)frame[0];
case 343:
    frame[0] = (uint64_t)(int64_t)
        lodge_type_text((lodge_engine){ frame[1] }, (uint32_t)frame[2],
            (char *)(uintptr_t)frame[3], frame[4],
            (uint64_t *)(uintptr_t)frame[5],
            (lodge_error *)(uintptr_t)frame[6]);
    return (lodge_status)(int64_t)frame[0];
case 344:
    frame[0] = (uint64_t)(int64_t)
        lodge_type_field((lodge_engine){ frame[1] }, (uint32_t)frame[2],
            (uint32_t)frame[3], (char *)(uintptr_t)frame[4], frame[5],
            (uint64_t *)(uintptr_t)frame[6],
            (lodge_error *)(uintptr_t)frame[7]);
    return (lodge_status)(int64_t)frame[0];
case 345:
    frame[0] = (uint64_t)(int64_t)
        lodge_type_get((lodge_engine){ frame[1] }, (uint32_t)frame[2],
            (uint32_t)frame[3], (uint64_t *)(uintptr_t)frame[4],
            (lodge_error *)(uintptr_t)frame[5]);
    return (lodge_status)(int64_t)frame[0];
case 346:
    frame[0] = (uint64_t)(int64_t)
        lodge_type_matches((lodge_engine){ frame[1] }, (uint32_t)frame[2],
            (uint32_t)frame[3], (uint32_t *)(uintptr_t)frame[4],
            (lodge_error *)(uintptr_t)frame[5]);
    return (lodge_status)(int64_t)frame[0];
case 347:
    frame[0] = (uint64_t)(int64_t)
        lodge_ref_struct((lodge_store){ frame[1] }, (uint32_t)frame[2],
            (const uint64_t *)(uintptr_t)frame[3], (uint32_t)frame[4],
            (lodge_ref *)(uintptr_t)frame[5],
            (lodge_error *)(uintptr_t)frame[6]);
    return (lodge_status)(int64_t)frame[0];
case 348:
    frame[0] = (uint64_t)(int64_t)
        lodge_ref_array((lodge_store){ frame[1] }, (uint32_t)frame[2],
            frame[3], (const uint64_t *)(uintptr_t)frame[4],
            (uint32_t)frame[5], (lodge_ref *)(uintptr_t)frame[6],
            (lodge_error *)(uintptr_t)frame[7]);
    return (lodge_status)(int64_t)frame[0];
case 349:
    frame[0] = (uint64_t)(int64_t)
        lodge_ref_array_of((lodge_store){ frame[1] }, (uint32_t)frame[2],
            (const uint64_t *)(uintptr_t)frame[3], (uint32_t)frame[4],
            (lodge_ref *)(uintptr_t)frame[5],
            (lodge_error *)(uintptr_t)frame[6]);
    return (lodge_status)(int64_t)frame[0];
case 350:
    frame[0] = (uint64_t)(int64_t)
        lodge_ref_array_bytes((lodge_store){ frame[1] },
            (uint32_t)frame[2], (const uint8_t *)(uintptr_t)frame[3],
            frame[4], (lodge_ref *)(uintptr_t)frame[5],
            (lodge_error *)(uintptr_t)frame[6]);
    return (lodge_status)(int64_t)frame[0];
case 351:
    frame[0] = (uint64_t)(int64_t)
        lodge_ref_read_signed((lodge_ref){ frame[1] }, frame[2],
            (uint64_t *)(uintptr_t)frame[3],
            (lodge_error *)(uintptr_t)frame[4]);
    return (lodge_status)(int64_t)frame[0];
case 352:
    frame[0] = (uint64_t)(int64_t)
        lodge_ref_fill((lodge_ref){ frame[1] }, frame[2], frame[3],
            (const uint64_t *)(uintptr_t)frame[4], (uint32_t)frame[5],
            (lodge_error *)(uintptr_t)frame[6]);
    return (lodge_status)(int64_t)frame[0];
case 353:
    frame[0] = (uint64_t)(int64_t)
        lodge_ref_copy((lodge_ref){ frame[1] }, frame[2],
            (lodge_ref){ frame[3] }, frame[4], frame[5],
            (lodge_error *)(uintptr_t)frame[6]);
    return (lodge_status)(int64_t)frame[0];
case 354:
    frame[0] = (uint64_t)(int64_t)
        lodge_ref_read_bytes((lodge_ref){ frame[1] }, frame[2],
            (uint8_t *)(uintptr_t)frame[3], frame[4],
            (lodge_error *)(uintptr_t)frame[5]);
    return (lodge_status)(int64_t)frame[0];
case 355:
    frame[0] = (uint64_t)(int64_t)
        lodge_ref_write_bytes((lodge_ref){ frame[1] }, frame[2],
            (const uint8_t *)(uintptr_t)frame[3], frame[4],
            (lodge_error *)(uintptr_t)frame[5]);
    return (lodge_status)(int64_t)frame[0];
case 356:
    frame[0] = (uint64_t)(int64_t)
        lodge_ref_exact_type((lodge_ref){ frame[1] },
            (uint32_t *)(uintptr_t)frame[2],
            (lodge_error *)(uintptr_t)frame[3]);
    return (lodge_status)(int64_t)frame[0];
case 357:
    frame[0] = (uint64_t)(int64_t)
        lodge_ref_cast((lodge_ref){ frame[1] }, (uint32_t)frame[2],
            (lodge_error *)(uintptr_t)frame[3]);
    return (lodge_status)(int64_t)frame[0];
case 358:
    frame[0] = (uint64_t)(int64_t)
        lodge_ref_from_extern((lodge_store){ frame[1] }, frame[2],
            (lodge_ref *)(uintptr_t)frame[3],
            (lodge_error *)(uintptr_t)frame[4]);
    return (lodge_status)(int64_t)frame[0];
case 359:
    frame[0] = (uint64_t)(int64_t)
        lodge_ref_to_extern((lodge_ref){ frame[1] },
            (uint64_t *)(uintptr_t)frame[2],
            (lodge_error *)(uintptr_t)frame[3]);
    return (lodge_status)(int64_t)frame[0];
case 360:
    frame[0] = (uint64_t)(int64_t)
        lodge_func_exact_type((lodge_func){ frame[1] },
            (uint32_t *)(uintptr_t)frame[2],
            (lodge_error *)(uintptr_t)frame[3]);
    return (lodge_status)(int64_t)frame[0];
case 380:
    frame[0] = (uint64_t)(int64_t)
        lodge_binary_to_text((const uint8_t *)(uintptr_t)frame[1],
            frame[2], (uint32_t)frame[3], (char *)(uintptr_t)frame[4],
            frame[5], (uint64_t *)(uintptr_t)frame[6],
            (lodge_error *)(uintptr_t)frame[7]);
    return (lodge_status)(int64_t)frame[0];
case 381:
    frame[0] = (uint64_t)(int64_t)
        lodge_report_core_dump((lodge_report){ frame[1] },
            (uint8_t *)(uintptr_t)frame[2], frame[3],
            (uint64_t *)(uintptr_t)frame[4],
            (lodge_error *)(uintptr_t)frame[5]);
    return (lodge_status)(int64_t)frame[0];
case 382:
    frame[0] = (uint64_t)(int64_t)
        lodge_profile_start((lodge_store){ frame[1] },
            (const char *)(uintptr_t)frame[2], frame[3], frame[4],
            (lodge_error *)(uintptr_t)frame[5]);
    return (lodge_status)(int64_t)frame[0];
case 383:
    frame[0] = (uint64_t)(int64_t)
        lodge_profile_finish((lodge_store){ frame[1] },
            (char *)(uintptr_t)frame[2], frame[3],
            (uint64_t *)(uintptr_t)frame[4],
            (lodge_error *)(uintptr_t)frame[5]);
    return (lodge_status)(int64_t)frame[0];
/* clang-format on */
