//! The sections of INFO, one function each.

use pyredis_store::Timestamp;

use super::Fields;
use crate::lifecycle::Phase;
use crate::memory::ratio;
use crate::pubsub::Kind;
use crate::shared::{REDIS_VERSION, Shared};

pub(super) fn server(fields: &mut Fields, shared: &Shared, now: Timestamp) {
    let uptime = shared.identity.started.elapsed().as_secs();
    fields.add("redis_version", REDIS_VERSION);
    fields.add("pyredis_version", env!("CARGO_PKG_VERSION"));
    fields.add("redis_mode", "standalone");
    fields.add("os", &shared.system.name);
    fields.add("arch_bits", usize::BITS);
    fields.add("multiplexing_api", "epoll");
    fields.add("process_id", std::process::id());
    fields.add("run_id", &shared.identity.run_id);
    fields.add("tcp_port", shared.port());
    fields.add("server_time_usec", u128::from(now.as_millis()) * 1000);
    fields.add("uptime_in_seconds", uptime);
    fields.add("uptime_in_days", uptime / (24 * 60 * 60));
    fields.add("executable", &shared.system.executable);
    fields.add("io_threads_active", shared.stats.workers.len());
}

pub(super) fn clients(fields: &mut Fields, shared: &Shared, _: Timestamp) {
    fields.add("connected_clients", shared.clients.connected());
    fields.add("maxclients", shared.config.current().maxclients);
    // Those that wait for a key, and those that a pause holds up.
    fields.add("blocked_clients", shared.store.waiting() + shared.clients.waiting());
    fields.add("tracking_clients", 0);
}

pub(super) fn memory(fields: &mut Fields, shared: &Shared, now: Timestamp) {
    let rss = shared.system.usage().rss_bytes;
    let memory = shared.footprint(now);
    fields.add_bytes("used_memory", memory.used);
    fields.add_bytes("used_memory_rss", rss);
    fields.add_bytes("used_memory_peak", memory.peak);
    fields.add("used_memory_peak_perc", format_args!("{:.2}%", 100.0 * ratio(memory.used, memory.peak)));
    fields.add("used_memory_overhead", memory.overhead);
    fields.add("used_memory_startup", memory.startup);
    fields.add("used_memory_dataset", memory.dataset);
    fields.add("used_memory_dataset_perc", format_args!("{:.2}%", memory.dataset_percent()));
    if shared.memory.allocator.is_some() {
        fields.add("allocator_allocated", memory.used);
    }
    fields.add_bytes("total_system_memory", shared.system.memory_bytes);
    fields.add_bytes("maxmemory", 0);
    fields.add("maxmemory_policy", shared.config.current().maxmemory_policy);
    fields.add("mem_fragmentation_ratio", format_args!("{:.2}", ratio(rss, memory.used)));
    fields.add("mem_fragmentation_bytes", rss.cast_signed().saturating_sub_unsigned(memory.used));
    fields.add("mem_clients_normal", memory.clients);
    if let Some(allocator) = shared.memory.allocator {
        fields.add("mem_allocator", allocator.name());
    }
}

pub(super) fn persistence(fields: &mut Fields, shared: &Shared, _: Timestamp) {
    let is_loading = shared.lifecycle.phase() == Phase::Loading;
    let status = shared.saver.status();
    let report = shared.loading.report();
    fields.add("loading", u8::from(is_loading));
    if is_loading {
        let progress = shared.loading.progress();
        let (total, loaded) = (progress.bytes_total(), progress.bytes_done());
        fields.add("loading_total_bytes", total);
        fields.add("loading_loaded_bytes", loaded);
        fields.add("loading_loaded_perc", loaded * 100 / total.max(1));
        fields.add("loading_loaded_keys", progress.keys_done());
    }
    fields.add("async_loading", 0);
    let (seconds, keys_done, keys_total) = status
        .current
        .map_or((-1, 0, 0), |(seconds, done, total)| (i64::try_from(seconds).unwrap_or(i64::MAX), done, total));
    fields.add("current_save_keys_processed", keys_done);
    fields.add("current_save_keys_total", keys_total);
    fields.add("rdb_changes_since_last_save", shared.saver.unsaved_changes());
    fields.add("rdb_bgsave_in_progress", u8::from(status.current.is_some()));
    fields.add("rdb_last_save_time", status.last_save.as_millis() / 1000);
    fields.add("rdb_last_bgsave_status", if shared.saver.has_failed() { "err" } else { "ok" });
    fields.add(
        "rdb_last_bgsave_time_sec",
        status.last_seconds.map_or(-1, |seconds| i64::try_from(seconds).unwrap_or(i64::MAX)),
    );
    fields.add("rdb_current_bgsave_time_sec", seconds);
    fields.add("rdb_last_cow_size", 0);
    fields.add("rdb_saves", status.saves);
    fields.add("rdb_last_load_keys_expired", report.map_or(0, |report| report.keys_expired));
    fields.add("rdb_last_load_keys_loaded", report.map_or(0, |report| report.keys_loaded));
    fields.add("aof_enabled", 0);
    fields.add("aof_rewrite_in_progress", 0);
    fields.add("aof_rewrite_scheduled", 0);
    fields.add("aof_last_rewrite_time_sec", -1);
    fields.add("aof_current_rewrite_time_sec", -1);
    fields.add("aof_last_bgrewrite_status", "ok");
    fields.add("aof_last_write_status", "ok");
}

pub(super) fn stats(fields: &mut Fields, shared: &Shared, _: Timestamp) {
    let stats = &shared.stats;
    fields.add("total_connections_received", stats.sum(|worker| &worker.connections_accepted));
    fields.add("total_commands_processed", stats.commands_processed());
    fields.add("instantaneous_ops_per_sec", stats.commands_per_second());
    fields.add("total_net_input_bytes", stats.sum(|worker| &worker.bytes_read));
    fields.add("total_net_output_bytes", stats.sum(|worker| &worker.bytes_written));
    fields.add("rejected_connections", stats.sum(|worker| &worker.connections_rejected));
    fields.add("sync_full", 0);
    fields.add("sync_partial_ok", 0);
    fields.add("sync_partial_err", 0);
    let expired = stats.since_reset(&shared.store.expire_lag());
    fields.add("expired_keys", expired.total());
    fields.add("expired_subkeys", stats.fields_since_reset(shared.store.expired_fields()));
    let up_to: Vec<_> = expired.up_to().map(|(bound, keys)| format!("le_{bound}={keys}")).collect();
    fields.add("expired_lag_msec", format_args!("{},le_inf={}", up_to.join(","), expired.total()));
    fields.add("evicted_keys", 0);
    fields.add("keyspace_hits", stats.sum(|worker| &worker.keyspace_hits));
    fields.add("keyspace_misses", stats.sum(|worker| &worker.keyspace_misses));
    fields.add("pubsub_channels", shared.pubsub.count(Kind::Channel));
    fields.add("pubsub_patterns", shared.pubsub.count(Kind::Pattern));
    fields.add("pubsubshard_channels", shared.pubsub.count(Kind::Sharded));
    fields.add("latest_fork_usec", 0);
    fields.add("total_forks", 0);
    fields.add("total_error_replies", stats.errors().values().sum::<u64>());
}

pub(super) fn replication(fields: &mut Fields, shared: &Shared, _: Timestamp) {
    fields.add("role", "master");
    fields.add("connected_slaves", 0);
    fields.add("master_failover_state", "no-failover");
    fields.add("master_replid", &shared.identity.run_id);
    fields.add("master_replid2", "0".repeat(40));
    fields.add("master_repl_offset", 0);
    fields.add("second_repl_offset", -1);
    fields.add("repl_backlog_active", 0);
    fields.add("repl_backlog_size", 0);
    fields.add("repl_backlog_first_byte_offset", 0);
    fields.add("repl_backlog_histlen", 0);
}

pub(super) fn cpu(fields: &mut Fields, shared: &Shared, _: Timestamp) {
    let usage = shared.system.usage();
    fields.add("used_cpu_sys", format_args!("{:.6}", usage.cpu_sys));
    fields.add("used_cpu_user", format_args!("{:.6}", usage.cpu_user));
    // There are no child processes, ever.
    fields.add("used_cpu_sys_children", "0.000000");
    fields.add("used_cpu_user_children", "0.000000");
}

pub(super) fn commandstats(fields: &mut Fields, shared: &Shared, _: Timestamp) {
    for command in shared.table.all() {
        let totals = shared.stats.command(command.number);
        if totals.calls == 0 && totals.rejected == 0 {
            continue;
        }
        // Hundredths of a microsecond, as two decimals.
        let per_call = totals.nanos / 10 / totals.calls.max(1);
        fields.add(
            format_args!("cmdstat_{}", command.full_name()),
            format_args!(
                "calls={},usec={},usec_per_call={}.{:02},rejected_calls={},failed_calls={}",
                totals.calls,
                totals.nanos / 1000,
                per_call / 100,
                per_call % 100,
                totals.rejected,
                totals.failed
            ),
        );
    }
}

pub(super) fn errorstats(fields: &mut Fields, shared: &Shared, _: Timestamp) {
    for (code, count) in shared.stats.errors() {
        fields.add(format_args!("errorstat_{code}"), format_args!("count={count}"));
    }
}

pub(super) fn cluster(fields: &mut Fields, _: &Shared, _: Timestamp) {
    fields.add("cluster_enabled", 0);
}

pub(super) fn keyspace(fields: &mut Fields, shared: &Shared, now: Timestamp) {
    for database in shared.store.stats(now).iter().filter(|database| database.keys > 0) {
        fields.add(
            format_args!("db{}", database.number),
            format_args!("keys={},expires={},avg_ttl={}", database.keys, database.expires, database.average_ttl_millis),
        );
    }
}
