/** What may stand in a block, by its keyword. */
export interface Keywords {
  readonly [keyword: string]: Kind;
}

/**
 * What follows a keyword: words on its line, or none; a word, without which keepalived ignores the line; a value, without which it does not start; a block
 * in which again keywords stand; or a block whose lines are anything else.
 */
export type Kind = "line" | "word" | "value" | Keywords | "list";

/** What follows a keyword in a block; undefined if keepalived does not know it there. */
export const kindOf = (block: Keywords, keyword: string): Kind | undefined =>
  Object.hasOwn(block, keyword) ? block[keyword] : undefined;

export const hasBlock = (kind: Kind): kind is Keywords | "list" => kind === "list" || typeof kind === "object";

const each = <const T>(what: T, text: string): Record<string, T> =>
  Object.fromEntries(text.split(/\s+/).map((keyword) => [keyword, what]));

/** What all health checks have. */
const healthCheck = {
  ...each("line", "alpha log_all_failures"),
  ...each("value", "retry delay_before_retry warmup delay_loop"),
};

/** What those have that connect. */
const connection = {
  ...each("value", "connect_ip connect_port bindto bind_port bind_if connect_timeout fwmark"),
  ...healthCheck,
};

const http = {
  ...connection,
  ...each("line", "enable_sni fast_recovery"),
  ...each("word", "virtualhost http_protocol"),
  ...each("value", "nb_get_retry"),
};

const url = {
  ...each("word", "regex"),
  ...each("line", `status_code regex_no_match regex_options regex_min_offset regex_max_offset regex_stack`),
  ...each("word", "virtualhost"),
  ...each("value", "path digest"),
};

const trackFile = { ...each("word", "file weight"), ...each("line", "init_file") };

/** Scripts, mail, and what is tracked: of an instance and of a group. */
const states = {
  ...each("list", "track_interface track_script track_file track_process track_bfd"),
  ...each("line", "smtp_alert notify_priority_changes"),
  ...each("value", "notify_backup notify_master notify_fault notify_stop notify"),
};

/**
 * Every keyword of keepalived 2.2.7 to 2.4.3, with those that are deprecated: install_keyword() and its like in keepalived's global_parser.c,
 * vrrp_parser.c, track_file.c, bfd_parser.c, check_parser.c and check_*.c. None has gone meanwhile.
 */
export const keywords: Keywords = {
  ...each("line", "net_namespace net_namespace_ipvs namespace_with_ipsets use_pid_dir linkbeat_use_polling"),
  ...each("word", "instance"),
  ...each("value", "child_wait_time"),
  ...each("list", "linkbeat_interfaces interface_up_down_delays static_ipaddress static_routes static_rules"),
  global_defs: {
    ...each(
      "line",
      `process_names use_symlink_paths max_auto_priority dynamic_interfaces disable_local_igmp enable_script_security
       include_check reload_check_config reload_repeat reload_file data_use_instance iproute_usr_dir iproute_etc_dir
       state_dump_file stats_dump_file json_dump_file json_version`,
    ),
    ...each(
      "word",
      `router_id startup_script startup_script_timeout shutdown_script shutdown_script_timeout min_auto_priority_delay
       default_interface script_user reload_time_file tmp_config_directory`,
    ),
    ...each(
      "value",
      `process_name vrrp_process_name checker_process_name lvs_process_name bfd_process_name random_seed umask
       config_save_dir`,
    ),
    ...each("list", "notification_email"),
    ...each("line", "smtp_helo_name smtp_alert smtp_alert_vrrp smtp_alert_checker no_email_faults no_checker_emails"),
    ...each("word", "notification_email_from"),
    ...each("value", "smtp_server smtp_connect_timeout"),
    ...each("line", "vrrp_notify_priority_changes fifo_write_vrrp_states_on_reload rs_init_notifies"),
    ...each(
      "word",
      `notify_fifo notify_fifo_script vrrp_notify_fifo vrrp_notify_fifo_script lvs_notify_fifo
       lvs_notify_fifo_script`,
    ),
    ...each(
      "line",
      `vrrp_min_garp vrrp_lower_prio_no_advert vrrp_higher_prio_send_advert vrrp_check_unicast_src
       vrrp_skip_check_adv_addr vrrp_strict vrrp_delay_after_boot log_unknown_vrids vrrp_owner_ignore_adverts
       v3_checksum_as_v2`,
    ),
    ...each("word", "vrrp_garp_extra_if vrrp_vmac_garp_intvl vrrp_rx_bufs_policy vrrp_rx_bufs_multiplier"),
    ...each(
      "value",
      `vrrp_mcast_group4 vrrp_mcast_group6 vrrp_garp_master_delay vrrp_garp_master_repeat vrrp_garp_master_refresh
       vrrp_garp_master_refresh_repeat vrrp_garp_lower_prio_delay vrrp_garp_lower_prio_repeat vrrp_down_timer_adverts
       vrrp_garp_interval vrrp_gna_interval vrrp_version vrrp_startup_delay vmac_prefix vmac_addr_prefix`,
    ),
    ...each("line", "vrrp_iptables vrrp_ipsets nftables nftables_ifindex nftables_ipvs nftables_counters"),
    ...each("value", "nftables_priority nftables_ipvs_priority nftables_ipvs_start_fwmark"),
    ...each("line", "lvs_timeouts lvs_flush lvs_flush_on_stop lvs_flush_onstop checker_log_all_failures"),
    ...each("word", "lvs_sync_daemon"),
    ...each("line", "vrrp_no_swap checker_no_swap bfd_no_swap"),
    ...each(
      "word",
      `vrrp_priority vrrp_rt_priority vrrp_cpu_affinity checker_priority checker_rt_priority checker_cpu_affinity
       bfd_priority bfd_rt_priority bfd_cpu_affinity`,
    ),
    ...each(
      "value",
      `vrrp_rlimit_rttime vrrp_rlimit_rtime checker_rlimit_rttime checker_rlimit_rtime bfd_rlimit_rttime bfd_rlimit_rtime`,
    ),
    ...each(
      "line",
      `enable_traps enable_snmp_vrrp enable_snmp_keepalived enable_snmp_rfc enable_snmp_rfcv2 enable_snmp_rfcv3
       enable_snmp_checker enable_dbus dbus_no_interface_name`,
    ),
    ...each("word", "snmp_socket dbus_service_name"),
    ...each("value", "snmp_vs_stats_update_interval snmp_rs_stats_update_interval"),
    ...each(
      "line",
      `vrrp_netlink_cmd_rcv_bufs_force vrrp_netlink_monitor_rcv_bufs_force lvs_netlink_cmd_rcv_bufs_force
       lvs_netlink_monitor_rcv_bufs_force process_monitor_rcv_bufs_force`,
    ),
    ...each(
      "word",
      `vrrp_netlink_cmd_rcv_bufs vrrp_netlink_monitor_rcv_bufs lvs_netlink_cmd_rcv_bufs lvs_netlink_monitor_rcv_bufs
       process_monitor_rcv_bufs`,
    ),
  },
  track_file: trackFile,
  vrrp_track_file: trackFile,
  track_group: each("list", "group"),
  vrrp_script: { ...each("line", "script init_fail"), ...each("value", "interval timeout weight rise fall user") },
  vrrp_track_process: {
    ...each("line", "param_match full_command"),
    ...each("word", "weight"),
    ...each("value", "process quorum quorum_max delay terminate_delay fork_delay"),
  },
  bfd_instance: {
    ...each("line", "passive multihop vrrp checker"),
    ...each(
      "value",
      `source_ip neighbor_ip neighbour_ip min_rx min_tx idle_tx multiplier ttl hoplimit max_hops weight`,
    ),
  },
  garp_group: { ...each("value", "garp_interval gna_interval interface"), ...each("list", "interfaces") },
  vrrp_sync_group: {
    ...states,
    ...each("list", "group"),
    ...each("line", "global_tracking sync_group_tracking_weight"),
  },
  vrrp_instance: {
    ...states,
    ...each(
      "line",
      `use_vmac use_vmac_addr vmac_xmit_base use_ipvlan unicast_fault_no_peer check_unicast_src old_unicast_checksum
       track_src_ip native_ipv6 dont_track_primary no_virtual_ipaddress promote_secondaries linkbeat_use_polling
       v3_checksum_as_v2 accept no_accept skip_check_adv_addr strict_mode preempt nopreempt notify_deleted
       timer_expired_backup thread_timer_expired lower_prio_no_advert higher_prio_send_advert
       owner_ignore_adverts`,
    ),
    ...each("word", "garp_extra_if vmac_garp_intvl kernel_rx_buf_size"),
    ...each(
      "value",
      `state interface virtual_router_id priority advert_int version vrf unicast_src_ip unicast_ttl mcast_src_ip mcast_dst_ip
       preempt_delay debug notify_master_rx_lower_pri lvs_sync_daemon_interface garp_master_delay garp_master_refresh
       garp_master_repeat garp_master_refresh_repeat garp_lower_prio_delay garp_lower_prio_repeat down_timer_adverts`,
    ),
    ...each("list", "unicast_peer virtual_ipaddress virtual_ipaddress_excluded virtual_routes virtual_rules"),
    authentication: each("value", "auth_type auth_pass"),
    auth_hmac: each("line", "key active_key time_window anti_replay mode"),
  },
  SSL: each("word", "password ca certificate key"),
  ...each("list", "virtual_server_group"),
  virtual_server: {
    ...each("word", "virtualhost snmp_name"),
    ...each(
      "line",
      `inhibit_on_failure hashed ops flag-1 flag-2 flag-3 sh-port sh-fallback mh-port mh-fallback persistence_timeout
       ha_suspend smtp_alert alpha omega sorry_server_inhibit sorry_server_lvs_method`,
    ),
    ...each(
      "value",
      `ip_family retry delay_before_retry warmup connect_timeout delay_loop lb_algo lvs_sched lb_kind lvs_method
       persistence_engine persistence_granularity protocol quorum_up quorum_down quorum hysteresis weight sorry_server`,
    ),
    real_server: {
      ...each("line", "inhibit_on_failure alpha smtp_alert"),
      ...each("word", "virtualhost snmp_name"),
      ...each(
        "value",
        `weight lvs_method uthreshold lthreshold notify_up notify_down retry delay_before_retry warmup connect_timeout
       delay_loop`,
      ),
      HTTP_GET: { ...http, url },
      SSL_GET: { ...http, ...each("line", "tls_compliant"), url: { ...url, ...each("line", "tls_compliant") } },
      TCP_CHECK: connection,
      UDP_CHECK: {
        ...connection,
        ...each("line", "require_reply"),
        ...each("word", "payload"),
        ...each("value", "min_reply_length max_reply_length"),
      },
      SMTP_CHECK: { ...connection, ...each("word", "helo_name"), host: connection },
      DNS_CHECK: { ...connection, ...each("value", "type name") },
      PING_CHECK: connection,
      MISC_CHECK: {
        ...healthCheck,
        ...each("line", "misc_path misc_dynamic"),
        ...each("word", "user"),
        ...each("value", "misc_timeout"),
      },
      FILE_CHECK: { ...each("value", "track_file"), ...each("word", "weight") },
      BFD_CHECK: { ...each("line", "alpha"), ...each("word", "name") },
    },
  },
};

/** Where 2.2.7 has a keyword not yet: by `BLOCK/KEYWORD`, the first version of keepalived that does. */
export const since: Readonly<Record<string, string>> = {
  ...each(
    "2.2.8",
    `global_defs/json_version global_defs/v3_checksum_as_v2 vrrp_instance/v3_checksum_as_v2 vrrp_instance/no_virtual_ipaddress
     vrrp_instance/timer_expired_backup bfd_instance/multihop SSL_GET/tls_compliant url/tls_compliant`,
  ),
  ...each(
    "2.3.0",
    `global_defs/use_symlink_paths global_defs/dbus_no_interface_name global_defs/snmp_vs_stats_update_interval
     global_defs/snmp_rs_stats_update_interval`,
  ),
  ...each("2.3.2", "global_defs/iproute_usr_dir global_defs/iproute_etc_dir vrrp_instance/thread_timer_expired"),
  ...each(
    "2.3.3",
    `global_defs/state_dump_file global_defs/stats_dump_file global_defs/json_dump_file global_defs/vrrp_owner_ignore_adverts
     vrrp_instance/owner_ignore_adverts`,
  ),
  ...each("2.4.0", "global_defs/vrrp_delay_after_boot vrrp_instance/auth_hmac"),
};

const notify = "notify notify_master notify_backup notify_fault notify_stop";

/** Keywords of which the first line in a block counts, and keepalived ignores those that follow; of most others the last one counts. By their blocks. */
const firstCounts: Readonly<Record<string, Readonly<Record<string, true>>>> = {
  global_defs: each(
    true,
    `startup_script shutdown_script tmp_config_directory vmac_prefix vmac_addr_prefix nftables nftables_ipvs lvs_sync_daemon
     snmp_socket notify_fifo notify_fifo_script vrrp_notify_fifo vrrp_notify_fifo_script lvs_notify_fifo lvs_notify_fifo_script`,
  ),
  vrrp_instance: each(true, `${notify} notify_deleted notify_master_rx_lower_pri use_ipvlan lvs_sync_daemon_interface`),
  vrrp_sync_group: each(true, notify),
  ...{
    track_file: { file: true },
    vrrp_track_file: { file: true },
    vrrp_track_process: { process: true, weight: true },
  },
  ...{ virtual_server: each(true, "quorum_up quorum_down"), real_server: each(true, "notify_up notify_down") },
  ...{ url: { digest: true }, DNS_CHECK: { name: true }, BFD_CHECK: { name: true } },
};

/** Whether of a keyword in a block the first line counts alone. */
export const countsOnce = (block: string, keyword: string): boolean =>
  Object.hasOwn(firstCounts, block) && Object.hasOwn(firstCounts[block] ?? {}, keyword);
