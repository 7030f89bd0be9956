/* do_rows.h - every function of lodge.h but lodge_do, for test_do.c:
 * ROW(number, arguments, direct call with the words w[1], w[2], ...).
 * Arguments: h handle, p pointer, e error record, f function, l length in
 * bytes, n number. test_do fails when a function is missing here.
 */
/* clang-format off */
ROW(1, "", VALUE(lodge_abi()))
ROW(2, "", VALUE(lodge_abi_hash()))
ROW(3, "", VALUE(lodge_version()))
ROW(4, "", VALUE(lodge_wasmtime_version()))
ROW(5, "", VALUE(lodge_features()))
ROW(6, "nplp", STATUS(lodge_status_name(I(1), P(2), w[3], P(4))))
ROW(7, "np", STATUS(lodge_stat(U(1), P(2))))
ROW(8, "hpp", STATUS(lodge_handle_info(w[1], P(2), P(3))))
ROW(9, "nppnp", STATUS(lodge_reap(U(1), P(2), P(3), U(4), P(5))))
ROW(11, "p", NOTHING(lodge_release(P(1))))
ROW(12, "pn", STATUS(lodge_error_init(P(1), U(2))))
ROW(20, "npe", STATUS(lodge_config_new(U(1), P(2), P(3))))
ROW(21, "h", STATUS(lodge_config_close(H(lodge_config, 1))))
ROW(22, "hnne", STATUS(lodge_config_set(H(lodge_config, 1), U(2), w[3], P(4))))
ROW(23, "hnple", STATUS(
    lodge_config_set_text(H(lodge_config, 1), U(2), P(3), w[4], P(5))))
ROW(24, "hnpe", STATUS(lodge_config_get(H(lodge_config, 1), U(2), P(3), P(4))))
ROW(25, "hple", STATUS(
    lodge_config_parse(H(lodge_config, 1), P(2), w[3], P(4))))
ROW(26, "", VALUE(lodge_config_key_count()))
ROW(27, "nnppplp", STATUS(
    lodge_config_key(U(1), U(2), P(3), P(4), P(5), w[6], P(7))))
ROW(40, "hpe", STATUS(lodge_engine_new(H(lodge_config, 1), P(2), P(3))))
ROW(41, "hpe", STATUS(lodge_engine_dup(H(lodge_engine, 1), P(2), P(3))))
ROW(42, "h", STATUS(lodge_engine_close(H(lodge_engine, 1))))
ROW(43, "h", STATUS(lodge_engine_shutdown(H(lodge_engine, 1))))
ROW(44, "h", STATUS(lodge_engine_tick(H(lodge_engine, 1))))
ROW(45, "hpe", STATUS(lodge_engine_is_pulley(H(lodge_engine, 1), P(2), P(3))))
ROW(46, "hnpe", STATUS(lodge_engine_get(H(lodge_engine, 1), U(2), P(3), P(4))))
ROW(47, "hnplpe", STATUS(
    lodge_engine_get_text(H(lodge_engine, 1), U(2), P(3), w[4], P(5), P(6))))
ROW(60, "hplpe", STATUS(
    lodge_module_open(H(lodge_engine, 1), P(2), w[3], P(4), P(5))))
ROW(61, "hplpe", STATUS(
    lodge_module_open_file(H(lodge_engine, 1), P(2), w[3], P(4), P(5))))
ROW(62, "hple", STATUS(
    lodge_module_validate(H(lodge_engine, 1), P(2), w[3], P(4))))
ROW(63, "h", STATUS(lodge_module_close(H(lodge_module, 1))))
ROW(64, "hpe", STATUS(
    lodge_module_import_count(H(lodge_module, 1), P(2), P(3))))
ROW(65, "hnnplpe", STATUS(
    lodge_module_import(H(lodge_module, 1), U(2), U(3), P(4), w[5], P(6),
        P(7))))
ROW(66, "hpe", STATUS(
    lodge_module_export_count(H(lodge_module, 1), P(2), P(3))))
ROW(67, "hnnplpe", STATUS(
    lodge_module_export(H(lodge_module, 1), U(2), U(3), P(4), w[5], P(6),
        P(7))))
ROW(68, "hpe", STATUS(
    lodge_module_section_count(H(lodge_module, 1), P(2), P(3))))
ROW(69, "hnnplpe", STATUS(
    lodge_module_section(H(lodge_module, 1), U(2), U(3), P(4), w[5], P(6),
        P(7))))
ROW(70, "hplpe", STATUS(
    lodge_module_name(H(lodge_module, 1), P(2), w[3], P(4), P(5))))
ROW(73, "hplpe", STATUS(
    lodge_module_producers(H(lodge_module, 1), P(2), w[3], P(4), P(5))))
ROW(71, "hnpe", STATUS(
    lodge_module_needs(H(lodge_module, 1), U(2), P(3), P(4))))
ROW(72, "plplpe", STATUS(
    lodge_text_to_binary(P(1), w[2], P(3), w[4], P(5), P(6))))
ROW(300, "hplplpe", STATUS(
    lodge_module_save(H(lodge_module, 1), P(2), w[3], P(4), w[5], P(6),
        P(7))))
ROW(301, "hplplpe", STATUS(
    lodge_module_load(H(lodge_engine, 1), P(2), w[3], P(4), w[5], P(6),
        P(7))))
ROW(302, "hplple", STATUS(
    lodge_module_save_file(H(lodge_module, 1), P(2), w[3], P(4), w[5],
        P(6))))
ROW(303, "hplplpe", STATUS(
    lodge_module_load_file(H(lodge_engine, 1), P(2), w[3], P(4), w[5], P(6),
        P(7))))
ROW(382, "hplne", STATUS(
    lodge_profile_start(H(lodge_store, 1), P(2), w[3], w[4], P(5))))
ROW(383, "hplpe", STATUS(
    lodge_profile_finish(H(lodge_store, 1), P(2), w[3], P(4), P(5))))
ROW(381, "hplpe", STATUS(
    lodge_report_core_dump(H(lodge_report, 1), P(2), w[3], P(4), P(5))))
ROW(380, "plnplpe", STATUS(
    lodge_binary_to_text(P(1), w[2], U(3), P(4), w[5], P(6), P(7))))
ROW(80, "hpe", STATUS(lodge_linker_new(H(lodge_engine, 1), P(2), P(3))))
ROW(81, "h", STATUS(lodge_linker_close(H(lodge_linker, 1))))
ROW(82, "hnne", STATUS(lodge_linker_set(H(lodge_linker, 1), U(2), w[3], P(4))))
ROW(83, "hplplplfne", STATUS(
    lodge_linker_func(H(lodge_linker, 1), P(2), w[3], P(4), w[5], P(6), w[7],
        F(8), w[9], P(10))))
ROW(84, "he", STATUS(lodge_linker_add_wasi(H(lodge_linker, 1), P(2))))
ROW(85, "hplhe", STATUS(
    lodge_linker_add_instance(H(lodge_linker, 1), P(2), w[3],
        H(lodge_instance, 4), P(5))))
ROW(86, "hplplpe", STATUS(
    lodge_linker_add(H(lodge_linker, 1), P(2), w[3], P(4), w[5], P(6), P(7))))
ROW(87, "hplplplple", STATUS(
    lodge_linker_alias(H(lodge_linker, 1), P(2), w[3], P(4), w[5], P(6), w[7],
        P(8), w[9], P(10))))
ROW(88, "hhplppe", STATUS(
    lodge_linker_missing(H(lodge_linker, 1), H(lodge_module, 2), P(3), w[4],
        P(5), P(6), P(7))))
ROW(89, "hhpe", STATUS(
    lodge_linker_prepare(H(lodge_linker, 1), H(lodge_module, 2), P(3), P(4))))
ROW(90, "hnne", STATUS(
    lodge_prepared_set(H(lodge_prepared, 1), U(2), w[3], P(4))))
ROW(91, "hhe", STATUS(
    lodge_prepared_wasi(H(lodge_prepared, 1), H(lodge_wasi, 2), P(3))))
ROW(92, "h", STATUS(lodge_prepared_close(H(lodge_prepared, 1))))
ROW(100, "hpe", STATUS(lodge_store_new(H(lodge_engine, 1), P(2), P(3))))
ROW(101, "h", STATUS(lodge_store_close(H(lodge_store, 1))))
ROW(102, "hnne", STATUS(lodge_store_set(H(lodge_store, 1), U(2), w[3], P(4))))
ROW(103, "hnpe", STATUS(lodge_store_get(H(lodge_store, 1), U(2), P(3), P(4))))
ROW(104, "hhe", STATUS(
    lodge_store_wasi(H(lodge_store, 1), H(lodge_wasi, 2), P(3))))
ROW(105, "he", STATUS(lodge_store_hold(H(lodge_store, 1), P(2))))
ROW(106, "he", STATUS(lodge_store_unhold(H(lodge_store, 1), P(2))))
ROW(107, "he", STATUS(lodge_store_gc(H(lodge_store, 1), P(2))))
ROW(108, "hnplpe", STATUS(
    lodge_store_output(H(lodge_store, 1), U(2), P(3), w[4], P(5), P(6))))
ROW(109, "hnplpe", STATUS(
    lodge_store_input(H(lodge_store, 1), U(2), P(3), w[4], P(5), P(6))))
ROW(120, "hhhpe", STATUS(
    lodge_instance_new(H(lodge_linker, 1), H(lodge_store, 2),
        H(lodge_module, 3), P(4), P(5))))
ROW(121, "hhpe", STATUS(
    lodge_prepared_instance(H(lodge_prepared, 1), H(lodge_store, 2), P(3),
        P(4))))
ROW(122, "h", STATUS(lodge_instance_close(H(lodge_instance, 1))))
ROW(123, "hpe", STATUS(lodge_instance_store(H(lodge_instance, 1), P(2), P(3))))
ROW(124, "hplpe", STATUS(
    lodge_instance_export(H(lodge_instance, 1), P(2), w[3], P(4), P(5))))
ROW(125, "hnpe", STATUS(
    lodge_instance_export_at(H(lodge_instance, 1), U(2), P(3), P(4))))
ROW(126, "hplpe", STATUS(
    lodge_instance_func(H(lodge_instance, 1), P(2), w[3], P(4), P(5))))
ROW(127, "hplpe", STATUS(
    lodge_instance_memory(H(lodge_instance, 1), P(2), w[3], P(4), P(5))))
ROW(128, "hplpe", STATUS(
    lodge_instance_table(H(lodge_instance, 1), P(2), w[3], P(4), P(5))))
ROW(129, "hplpe", STATUS(
    lodge_instance_global(H(lodge_instance, 1), P(2), w[3], P(4), P(5))))
ROW(140, "hpne", STATUS(lodge_func_call(H(lodge_func, 1), P(2), U(3), P(4))))
ROW(141, "p", STATUS(lodge_call(P(1))))
ROW(142, "hplpe", STATUS(
    lodge_func_type(H(lodge_func, 1), P(2), w[3], P(4), P(5))))
ROW(143, "hppe", STATUS(lodge_func_slots(H(lodge_func, 1), P(2), P(3), P(4))))
ROW(147, "hpe", STATUS(
    lodge_func_may_suspend(H(lodge_func, 1), P(2), P(3))))
ROW(150, "hp", STATUS(lodge_caller_instance(H(lodge_caller, 1), P(2))))
ROW(151, "hp", STATUS(lodge_caller_memory(H(lodge_caller, 1), P(2))))
ROW(152, "hplp", STATUS(
    lodge_caller_export(H(lodge_caller, 1), P(2), w[3], P(4))))
ROW(153, "hp", STATUS(lodge_caller_tag(H(lodge_caller, 1), P(2))))
ROW(154, "hp", STATUS(lodge_caller_store(H(lodge_caller, 1), P(2))))
ROW(155, "hnpl", STATUS(
    lodge_caller_fail(H(lodge_caller, 1), w[2], P(3), w[4])))
ROW(156, "hn", STATUS(lodge_caller_exit(H(lodge_caller, 1), I(2))))
ROW(157, "hnp", STATUS(lodge_caller_get(H(lodge_caller, 1), U(2), P(3))))
ROW(158, "h", STATUS(lodge_caller_forget(H(lodge_caller, 1))))
ROW(160, "hplpe", STATUS(
    lodge_memory_new(H(lodge_store, 1), P(2), w[3], P(4), P(5))))
ROW(161, "hplpe", STATUS(
    lodge_memory_type(H(lodge_memory, 1), P(2), w[3], P(4), P(5))))
ROW(162, "hpe", STATUS(lodge_memory_size(H(lodge_memory, 1), P(2), P(3))))
ROW(163, "hnpe", STATUS(
    lodge_memory_grow(H(lodge_memory, 1), w[2], P(3), P(4))))
ROW(164, "hnple", STATUS(
    lodge_memory_read(H(lodge_memory, 1), w[2], P(3), w[4], P(5))))
ROW(165, "hnple", STATUS(
    lodge_memory_write(H(lodge_memory, 1), w[2], P(3), w[4], P(5))))
ROW(166, "hnnle", STATUS(
    lodge_memory_fill(H(lodge_memory, 1), w[2], U(3), w[4], P(5))))
ROW(167, "hnhnle", STATUS(
    lodge_memory_copy(H(lodge_memory, 1), w[2], H(lodge_memory, 3), w[4], w[5],
        P(6))))
ROW(168, "hnnnpe", STATUS(
    lodge_memory_find(H(lodge_memory, 1), w[2], U(3), w[4], P(5), P(6))))
ROW(169, "hnnpe", STATUS(
    lodge_memory_load(H(lodge_memory, 1), w[2], U(3), P(4), P(5))))
ROW(170, "hnnpe", STATUS(
    lodge_memory_store(H(lodge_memory, 1), w[2], U(3), P(4), P(5))))
ROW(171, "hpppe", STATUS(
    lodge_memory_lease(H(lodge_memory, 1), P(2), P(3), P(4), P(5))))
ROW(172, "h", STATUS(lodge_lease_close(H(lodge_lease, 1))))
ROW(320, "hplpe", STATUS(
    lodge_shared_memory_new(H(lodge_engine, 1), P(2), w[3], P(4), P(5))))
ROW(321, "h", STATUS(lodge_shared_memory_close(H(lodge_shared_memory, 1))))
ROW(322, "hplpe", STATUS(
    lodge_shared_memory_type(H(lodge_shared_memory, 1), P(2), w[3], P(4),
        P(5))))
ROW(323, "hpe", STATUS(
    lodge_shared_memory_size(H(lodge_shared_memory, 1), P(2), P(3))))
ROW(324, "hnpe", STATUS(
    lodge_shared_memory_grow(H(lodge_shared_memory, 1), w[2], P(3), P(4))))
ROW(325, "hnple", STATUS(
    lodge_shared_memory_read(H(lodge_shared_memory, 1), w[2], P(3), w[4],
        P(5))))
ROW(326, "hnple", STATUS(
    lodge_shared_memory_write(H(lodge_shared_memory, 1), w[2], P(3), w[4],
        P(5))))
ROW(327, "hnnle", STATUS(
    lodge_shared_memory_fill(H(lodge_shared_memory, 1), w[2], U(3), w[4],
        P(5))))
ROW(328, "hnhnle", STATUS(
    lodge_shared_memory_copy(H(lodge_shared_memory, 1), w[2],
        H(lodge_shared_memory, 3), w[4], w[5], P(6))))
ROW(329, "hnnpe", STATUS(
    lodge_shared_memory_load(H(lodge_shared_memory, 1), w[2], U(3), P(4),
        P(5))))
ROW(330, "hnnne", STATUS(
    lodge_shared_memory_store(H(lodge_shared_memory, 1), w[2], U(3), w[4],
        P(5))))
ROW(331, "hnnnnpe", STATUS(
    lodge_shared_memory_rmw(H(lodge_shared_memory, 1), w[2], U(3), U(4), w[5],
        P(6), P(7))))
ROW(332, "hnnnnpe", STATUS(
    lodge_shared_memory_cmpxchg(H(lodge_shared_memory, 1), w[2], U(3), w[4],
        w[5], P(6), P(7))))
ROW(333, "hnnnnpe", STATUS(
    lodge_shared_memory_wait(H(lodge_shared_memory, 1), w[2], U(3), w[4],
        w[5], P(6), P(7))))
ROW(334, "hnnpe", STATUS(
    lodge_shared_memory_notify(H(lodge_shared_memory, 1), w[2], U(3), P(4),
        P(5))))
ROW(335, "hhpe", STATUS(
    lodge_shared_memory_in(H(lodge_shared_memory, 1), H(lodge_store, 2), P(3),
        P(4))))
ROW(336, "hpe", STATUS(
    lodge_memory_shared(H(lodge_memory, 1), P(2), P(3))))
ROW(337, "hhpe", STATUS(
    lodge_shared_memory_same(H(lodge_shared_memory, 1),
        H(lodge_shared_memory, 2), P(3), P(4))))
ROW(338, "hpppe", STATUS(
    lodge_shared_memory_lease(H(lodge_shared_memory, 1), P(2), P(3), P(4),
        P(5))))
ROW(339, "hhpe", STATUS(
    lodge_host_shared_memory(H(lodge_host, 1), H(lodge_shared_memory, 2),
        P(3), P(4))))
ROW(180, "hplnpe", STATUS(
    lodge_table_new(H(lodge_store, 1), P(2), w[3], w[4], P(5), P(6))))
ROW(181, "hplpe", STATUS(
    lodge_table_type(H(lodge_table, 1), P(2), w[3], P(4), P(5))))
ROW(182, "hpe", STATUS(lodge_table_size(H(lodge_table, 1), P(2), P(3))))
ROW(183, "hnpe", STATUS(lodge_table_get(H(lodge_table, 1), w[2], P(3), P(4))))
ROW(184, "hnne", STATUS(lodge_table_set(H(lodge_table, 1), w[2], w[3], P(4))))
ROW(185, "hnnpe", STATUS(
    lodge_table_grow(H(lodge_table, 1), w[2], w[3], P(4), P(5))))
ROW(190, "hplppe", STATUS(
    lodge_global_new(H(lodge_store, 1), P(2), w[3], P(4), P(5), P(6))))
ROW(191, "hplpe", STATUS(
    lodge_global_type(H(lodge_global, 1), P(2), w[3], P(4), P(5))))
ROW(192, "hpne", STATUS(
    lodge_global_get(H(lodge_global, 1), P(2), U(3), P(4))))
ROW(193, "hpne", STATUS(
    lodge_global_set(H(lodge_global, 1), P(2), U(3), P(4))))
ROW(200, "pe", STATUS(lodge_wasi_new(P(1), P(2))))
ROW(201, "h", STATUS(lodge_wasi_close(H(lodge_wasi, 1))))
ROW(202, "hple", STATUS(lodge_wasi_arg(H(lodge_wasi, 1), P(2), w[3], P(4))))
ROW(203, "hplple", STATUS(
    lodge_wasi_env(H(lodge_wasi, 1), P(2), w[3], P(4), w[5], P(6))))
ROW(204, "hnnple", STATUS(
    lodge_wasi_stream(H(lodge_wasi, 1), U(2), U(3), P(4), w[5], P(6))))
ROW(205, "hplplnne", STATUS(
    lodge_wasi_dir(H(lodge_wasi, 1), P(2), w[3], P(4), w[5], U(6), U(7),
        P(8))))
ROW(206, "hnne", STATUS(lodge_wasi_set(H(lodge_wasi, 1), U(2), w[3], P(4))))
ROW(220, "hplpe", STATUS(
    lodge_report_text(H(lodge_report, 1), P(2), w[3], P(4), P(5))))
ROW(221, "hpe", STATUS(
    lodge_report_frame_count(H(lodge_report, 1), P(2), P(3))))
ROW(222, "hnnplpe", STATUS(
    lodge_report_frame(H(lodge_report, 1), U(2), U(3), P(4), w[5], P(6),
        P(7))))
ROW(223, "hpe", STATUS(
    lodge_report_cause_count(H(lodge_report, 1), P(2), P(3))))
ROW(224, "hnppplpe", STATUS(
    lodge_report_cause(H(lodge_report, 1), U(2), P(3), P(4), P(5), w[6], P(7),
        P(8))))
ROW(225, "h", STATUS(lodge_report_close(H(lodge_report, 1))))
ROW(230, "hplpe", STATUS(
    lodge_host_new(H(lodge_engine, 1), P(2), w[3], P(4), P(5))))
ROW(231, "h", STATUS(lodge_host_close(H(lodge_host, 1))))
ROW(232, "hplnnpe", STATUS(
    lodge_host_func(H(lodge_host, 1), P(2), w[3], U(4), w[5], P(6), P(7))))
ROW(233, "hnfe", STATUS(
    lodge_host_direct(H(lodge_host, 1), U(2), F(3), P(4))))
ROW(234, "hnnple", STATUS(
    lodge_host_describe(H(lodge_host, 1), U(2), U(3), P(4), w[5], P(6))))
ROW(235, "hnple", STATUS(
    lodge_host_export(H(lodge_host, 1), U(2), P(3), w[4], P(5))))
ROW(236, "hpe", STATUS(lodge_host_count(H(lodge_host, 1), P(2), P(3))))
ROW(237, "hnnplpe", STATUS(
    lodge_host_item(H(lodge_host, 1), U(2), U(3), P(4), w[5], P(6), P(7))))
ROW(238, "hhe", STATUS(
    lodge_linker_add_host(H(lodge_linker, 1), H(lodge_host, 2), P(3))))
ROW(239, "p", STATUS(lodge_resume(P(1))))
ROW(240, "p", STATUS(lodge_instantiate(P(1))))
ROW(241, "hn", STATUS(lodge_store_cancel(H(lodge_store, 1), w[2])))
ROW(242, "hfe", STATUS(lodge_linker_frame(
    H(lodge_linker, 1), (lodge_frame_fn)(uintptr_t)w[2], P(3))))
ROW(243, "hpnne", STATUS(
    lodge_store_frame(H(lodge_store, 1), P(2), U(3), U(4), P(5))))
ROW(250, "pe", STATUS(lodge_budget_new(P(1), P(2))))
ROW(251, "hnne", STATUS(lodge_budget_set(H(lodge_budget, 1), U(2), w[3], P(4))))
ROW(252, "hnpe", STATUS(lodge_budget_get(H(lodge_budget, 1), U(2), P(3), P(4))))
ROW(253, "h", STATUS(lodge_budget_close(H(lodge_budget, 1))))
ROW(254, "hhe", STATUS(
    lodge_store_budget(H(lodge_store, 1), H(lodge_budget, 2), P(3))))
ROW(255, "hhe", STATUS(
    lodge_prepared_budget(H(lodge_prepared, 1), H(lodge_budget, 2), P(3))))
ROW(260, "hplpe", STATUS(
    lodge_tag_new(H(lodge_store, 1), P(2), w[3], P(4), P(5))))
ROW(261, "hplpe", STATUS(
    lodge_tag_type(H(lodge_tag, 1), P(2), w[3], P(4), P(5))))
ROW(262, "hplpe", STATUS(
    lodge_instance_tag(H(lodge_instance, 1), P(2), w[3], P(4), P(5))))
ROW(280, "hplpe", STATUS(
    lodge_host_memory(H(lodge_host, 1), P(2), w[3], P(4), P(5))))
ROW(281, "hplpe", STATUS(
    lodge_host_table(H(lodge_host, 1), P(2), w[3], P(4), P(5))))
ROW(282, "hplppe", STATUS(
    lodge_host_global(H(lodge_host, 1), P(2), w[3], P(4), P(5), P(6))))
ROW(283, "hplpe", STATUS(
    lodge_host_tag(H(lodge_host, 1), P(2), w[3], P(4), P(5))))
ROW(284, "hhplpe", STATUS(
    lodge_host_get(H(lodge_host, 1), H(lodge_store, 2), P(3), w[4], P(5),
        P(6))))
ROW(263, "h", STATUS(lodge_ref_close(H(lodge_ref, 1))))
ROW(264, "hpe", STATUS(lodge_ref_dup(H(lodge_ref, 1), P(2), P(3))))
ROW(265, "hplpe", STATUS(
    lodge_ref_type(H(lodge_ref, 1), P(2), w[3], P(4), P(5))))
ROW(266, "hnpe", STATUS(lodge_ref_test(H(lodge_ref, 1), U(2), P(3), P(4))))
ROW(267, "hhpe", STATUS(
    lodge_ref_same(H(lodge_ref, 1), H(lodge_ref, 2), P(3), P(4))))
ROW(268, "hnpe", STATUS(lodge_ref_i31(H(lodge_store, 1), U(2), P(3), P(4))))
ROW(269, "hpe", STATUS(lodge_ref_len(H(lodge_ref, 1), P(2), P(3))))
ROW(270, "hnpne", STATUS(
    lodge_ref_read(H(lodge_ref, 1), w[2], P(3), U(4), P(5))))
ROW(271, "hnpne", STATUS(
    lodge_ref_write(H(lodge_ref, 1), w[2], P(3), U(4), P(5))))
ROW(272, "hpe", STATUS(lodge_store_scope(H(lodge_store, 1), P(2), P(3))))
ROW(273, "hne", STATUS(lodge_store_scope_end(H(lodge_store, 1), w[2], P(3))))
ROW(274, "hpnpe", STATUS(
    lodge_exception_new(H(lodge_tag, 1), P(2), U(3), P(4), P(5))))
ROW(275, "hpe", STATUS(lodge_exception_tag(H(lodge_ref, 1), P(2), P(3))))
ROW(276, "hpne", STATUS(
    lodge_exception_read(H(lodge_ref, 1), P(2), U(3), P(4))))
ROW(277, "hh", STATUS(
    lodge_caller_throw(H(lodge_caller, 1), H(lodge_ref, 2))))
ROW(340, "hpe", STATUS(
    lodge_module_type_count(H(lodge_module, 1), P(2), P(3))))
ROW(341, "hnpe", STATUS(
    lodge_module_type(H(lodge_module, 1), U(2), P(3), P(4))))
ROW(342, "hplpe", STATUS(
    lodge_module_type_find(H(lodge_module, 1), P(2), w[3], P(4), P(5))))
ROW(343, "hnplpe", STATUS(
    lodge_type_text(H(lodge_engine, 1), U(2), P(3), w[4], P(5), P(6))))
ROW(344, "hnnplpe", STATUS(
    lodge_type_field(H(lodge_engine, 1), U(2), U(3), P(4), w[5], P(6), P(7))))
ROW(345, "hnnpe", STATUS(
    lodge_type_get(H(lodge_engine, 1), U(2), U(3), P(4), P(5))))
ROW(346, "hnnpe", STATUS(
    lodge_type_matches(H(lodge_engine, 1), U(2), U(3), P(4), P(5))))
ROW(347, "hnpnpe", STATUS(
    lodge_ref_struct(H(lodge_store, 1), U(2), P(3), U(4), P(5), P(6))))
ROW(348, "hnnpnpe", STATUS(
    lodge_ref_array(H(lodge_store, 1), U(2), w[3], P(4), U(5), P(6), P(7))))
ROW(349, "hnpnpe", STATUS(
    lodge_ref_array_of(H(lodge_store, 1), U(2), P(3), U(4), P(5), P(6))))
ROW(350, "hnplpe", STATUS(
    lodge_ref_array_bytes(H(lodge_store, 1), U(2), P(3), w[4], P(5), P(6))))
ROW(351, "hnpe", STATUS(
    lodge_ref_read_signed(H(lodge_ref, 1), w[2], P(3), P(4))))
ROW(352, "hnnpne", STATUS(
    lodge_ref_fill(H(lodge_ref, 1), w[2], w[3], P(4), U(5), P(6))))
ROW(353, "hnhnne", STATUS(
    lodge_ref_copy(H(lodge_ref, 1), w[2], H(lodge_ref, 3), w[4], w[5], P(6))))
ROW(354, "hnple", STATUS(
    lodge_ref_read_bytes(H(lodge_ref, 1), w[2], P(3), w[4], P(5))))
ROW(355, "hnple", STATUS(
    lodge_ref_write_bytes(H(lodge_ref, 1), w[2], P(3), w[4], P(5))))
ROW(356, "hpe", STATUS(lodge_ref_exact_type(H(lodge_ref, 1), P(2), P(3))))
ROW(357, "hne", STATUS(lodge_ref_cast(H(lodge_ref, 1), U(2), P(3))))
ROW(358, "hnpe", STATUS(
    lodge_ref_from_extern(H(lodge_store, 1), w[2], P(3), P(4))))
ROW(359, "hpe", STATUS(lodge_ref_to_extern(H(lodge_ref, 1), P(2), P(3))))
ROW(360, "hpe", STATUS(lodge_func_exact_type(H(lodge_func, 1), P(2), P(3))))
