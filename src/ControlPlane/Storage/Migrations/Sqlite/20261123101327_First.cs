using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Orbit.ControlPlane.Storage.Migrations.Sqlite
{
    /// <inheritdoc />
    public partial class First : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "admin_secret",
                columns: table => new
                {
                    id = table.Column<int>(type: "INTEGER", nullable: false),
                    hash = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    created_at = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_admin_secret", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "agent_checks",
                columns: table => new
                {
                    agent_id = table.Column<long>(type: "INTEGER", nullable: false),
                    asked_at = table.Column<long>(type: "INTEGER", nullable: true),
                    checked_at = table.Column<long>(type: "INTEGER", nullable: true),
                    ok = table.Column<bool>(type: "INTEGER", nullable: false),
                    findings = table.Column<string>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_agent_checks", x => x.agent_id);
                });

            migrationBuilder.CreateTable(
                name: "agent_presence",
                columns: table => new
                {
                    agent_id = table.Column<long>(type: "INTEGER", nullable: false),
                    connected = table.Column<bool>(type: "INTEGER", nullable: false),
                    last_seen_at = table.Column<long>(type: "INTEGER", nullable: false),
                    remote_address = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    free_bytes = table.Column<long>(type: "INTEGER", nullable: true),
                    disk_note = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    replica = table.Column<Guid>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_agent_presence", x => x.agent_id);
                });

            migrationBuilder.CreateTable(
                name: "agent_upgrade_members",
                columns: table => new
                {
                    upgrade_id = table.Column<long>(type: "INTEGER", nullable: false),
                    agent_id = table.Column<long>(type: "INTEGER", nullable: false),
                    agent = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    stage = table.Column<string>(type: "TEXT", maxLength: 16, nullable: false),
                    state = table.Column<string>(type: "TEXT", maxLength: 16, nullable: false),
                    from_version = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    to_version = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    package = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    text = table.Column<string>(type: "TEXT", maxLength: 1000, nullable: false),
                    attempt = table.Column<int>(type: "INTEGER", nullable: false),
                    told_at = table.Column<long>(type: "INTEGER", nullable: true),
                    changed_at = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_agent_upgrade_members", x => new { x.upgrade_id, x.agent_id });
                });

            migrationBuilder.CreateTable(
                name: "agent_upgrades",
                columns: table => new
                {
                    id = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    version = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    packages = table.Column<string>(type: "TEXT", nullable: false),
                    labels = table.Column<string>(type: "TEXT", nullable: false),
                    canaries = table.Column<int>(type: "INTEGER", nullable: false),
                    share_percent = table.Column<int>(type: "INTEGER", nullable: false),
                    pause_seconds = table.Column<long>(type: "INTEGER", nullable: false),
                    state = table.Column<string>(type: "TEXT", maxLength: 16, nullable: false),
                    stage = table.Column<string>(type: "TEXT", maxLength: 16, nullable: false),
                    stage_done_at = table.Column<long>(type: "INTEGER", nullable: true),
                    reason = table.Column<string>(type: "TEXT", maxLength: 2000, nullable: false),
                    created_by = table.Column<string>(type: "TEXT", maxLength: 254, nullable: false),
                    created_at = table.Column<long>(type: "INTEGER", nullable: false),
                    ended_at = table.Column<long>(type: "INTEGER", nullable: true),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_agent_upgrades", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "agents",
                columns: table => new
                {
                    id = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    name = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    host = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    key_id = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    public_key = table.Column<byte[]>(type: "BLOB", nullable: false),
                    previous_key_id = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    previous_public_key = table.Column<byte[]>(type: "BLOB", nullable: false),
                    key_changed_at = table.Column<long>(type: "INTEGER", nullable: false),
                    key_wanted = table.Column<bool>(type: "INTEGER", nullable: false),
                    instance = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    previous_instance = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    token_labels = table.Column<string>(type: "TEXT", nullable: false),
                    labels = table.Column<string>(type: "TEXT", nullable: false),
                    version = table.Column<string>(type: "TEXT", nullable: false),
                    platform = table.Column<string>(type: "TEXT", nullable: false),
                    system = table.Column<string>(type: "TEXT", maxLength: 32, nullable: false),
                    package = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    slots = table.Column<int>(type: "INTEGER", nullable: false),
                    api_slots = table.Column<int>(type: "INTEGER", nullable: false),
                    desire = table.Column<string>(type: "TEXT", maxLength: 16, nullable: false),
                    note = table.Column<string>(type: "TEXT", nullable: false),
                    drained_until = table.Column<long>(type: "INTEGER", nullable: true),
                    trusted_since = table.Column<long>(type: "INTEGER", nullable: true),
                    session_epoch = table.Column<long>(type: "INTEGER", nullable: false),
                    upload_token_hash = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    created_at = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_agents", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "api_batch_attempts",
                columns: table => new
                {
                    batch_id = table.Column<long>(type: "INTEGER", nullable: false),
                    row_no = table.Column<long>(type: "INTEGER", nullable: false),
                    attempt = table.Column<int>(type: "INTEGER", nullable: false),
                    outcome = table.Column<string>(type: "TEXT", maxLength: 12, nullable: false),
                    failure_class = table.Column<string>(type: "TEXT", maxLength: 24, nullable: false),
                    reason = table.Column<string>(type: "TEXT", nullable: false),
                    fingerprint = table.Column<string>(type: "TEXT", maxLength: 24, nullable: false),
                    duration = table.Column<double>(type: "REAL", nullable: false),
                    request_count = table.Column<int>(type: "INTEGER", nullable: false),
                    agent_name = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    finished_at = table.Column<long>(type: "INTEGER", nullable: false),
                    record = table.Column<byte[]>(type: "BLOB", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_api_batch_attempts", x => new { x.batch_id, x.row_no, x.attempt });
                });

            migrationBuilder.CreateTable(
                name: "api_batch_events",
                columns: table => new
                {
                    batch_id = table.Column<long>(type: "INTEGER", nullable: false),
                    seq = table.Column<long>(type: "INTEGER", nullable: false),
                    at = table.Column<long>(type: "INTEGER", nullable: false),
                    row_no = table.Column<long>(type: "INTEGER", nullable: true),
                    attempt = table.Column<int>(type: "INTEGER", nullable: true),
                    ended = table.Column<bool>(type: "INTEGER", nullable: false),
                    text = table.Column<string>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_api_batch_events", x => new { x.batch_id, x.seq });
                });

            migrationBuilder.CreateTable(
                name: "api_batch_files",
                columns: table => new
                {
                    batch_id = table.Column<long>(type: "INTEGER", nullable: false),
                    name = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    blob_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    size = table.Column<long>(type: "INTEGER", nullable: false),
                    sha256 = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_api_batch_files", x => new { x.batch_id, x.name });
                });

            migrationBuilder.CreateTable(
                name: "api_batch_pieces",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    batch_id = table.Column<long>(type: "INTEGER", nullable: false),
                    rows = table.Column<int>(type: "INTEGER", nullable: false),
                    pools = table.Column<string>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_api_batch_pieces", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "api_batch_rows",
                columns: table => new
                {
                    batch_id = table.Column<long>(type: "INTEGER", nullable: false),
                    row_no = table.Column<long>(type: "INTEGER", nullable: false),
                    target = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    name = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    content = table.Column<string>(type: "TEXT", nullable: false),
                    expect = table.Column<string>(type: "TEXT", nullable: false),
                    attempt = table.Column<int>(type: "INTEGER", nullable: false),
                    tries = table.Column<int>(type: "INTEGER", nullable: false),
                    piece_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    outcome = table.Column<string>(type: "TEXT", maxLength: 12, nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_api_batch_rows", x => new { x.batch_id, x.row_no });
                });

            migrationBuilder.CreateTable(
                name: "api_batch_schedules",
                columns: table => new
                {
                    id = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    name = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    cron = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    time_zone = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    enabled = table.Column<bool>(type: "INTEGER", nullable: false),
                    wish = table.Column<string>(type: "TEXT", nullable: false),
                    owner = table.Column<string>(type: "TEXT", maxLength: 254, nullable: false),
                    next_at = table.Column<long>(type: "INTEGER", nullable: true),
                    last_batch_id = table.Column<long>(type: "INTEGER", nullable: false),
                    last_problem = table.Column<string>(type: "TEXT", maxLength: 2000, nullable: false),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_api_batch_schedules", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "api_batches",
                columns: table => new
                {
                    id = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    name = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    status = table.Column<string>(type: "TEXT", maxLength: 12, nullable: false),
                    stopping = table.Column<bool>(type: "INTEGER", nullable: false),
                    concurrency = table.Column<int>(type: "INTEGER", nullable: false),
                    priority = table.Column<int>(type: "INTEGER", nullable: false),
                    total_count = table.Column<int>(type: "INTEGER", nullable: false),
                    completed_count = table.Column<int>(type: "INTEGER", nullable: false),
                    pass_count = table.Column<int>(type: "INTEGER", nullable: false),
                    fail_count = table.Column<int>(type: "INTEGER", nullable: false),
                    unchecked_count = table.Column<int>(type: "INTEGER", nullable: false),
                    skipped_count = table.Column<int>(type: "INTEGER", nullable: false),
                    requested_by = table.Column<string>(type: "TEXT", maxLength: 254, nullable: false),
                    idempotency_key = table.Column<string>(type: "TEXT", maxLength: 128, nullable: true),
                    created_at = table.Column<long>(type: "INTEGER", nullable: false),
                    finished_at = table.Column<long>(type: "INTEGER", nullable: true),
                    last_seq = table.Column<long>(type: "INTEGER", nullable: false),
                    document = table.Column<string>(type: "TEXT", nullable: false),
                    targets = table.Column<string>(type: "TEXT", nullable: false),
                    environment = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    secret_owner = table.Column<Guid>(type: "TEXT", nullable: false),
                    sealed_secrets = table.Column<byte[]>(type: "BLOB", nullable: false),
                    labels = table.Column<string>(type: "TEXT", nullable: false),
                    seed = table.Column<int>(type: "INTEGER", nullable: false),
                    rate_per_host = table.Column<double>(type: "REAL", nullable: false),
                    part_rows = table.Column<int>(type: "INTEGER", nullable: false),
                    part_pause = table.Column<int>(type: "INTEGER", nullable: false),
                    part_issued = table.Column<int>(type: "INTEGER", nullable: false),
                    not_before = table.Column<long>(type: "INTEGER", nullable: true),
                    pools = table.Column<string>(type: "TEXT", nullable: false),
                    items = table.Column<string>(type: "TEXT", nullable: false),
                    shared = table.Column<bool>(type: "INTEGER", nullable: false),
                    adaptive = table.Column<bool>(type: "INTEGER", nullable: false),
                    level = table.Column<int>(type: "INTEGER", nullable: false),
                    level_state = table.Column<string>(type: "TEXT", nullable: false),
                    run_id = table.Column<long>(type: "INTEGER", nullable: true),
                    run_attempt = table.Column<int>(type: "INTEGER", nullable: false),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_api_batches", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "api_dataset_rows",
                columns: table => new
                {
                    dataset_id = table.Column<long>(type: "INTEGER", nullable: false),
                    number = table.Column<long>(type: "INTEGER", nullable: false),
                    name = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    enabled = table.Column<bool>(type: "INTEGER", nullable: false),
                    content = table.Column<string>(type: "TEXT", nullable: false),
                    expect = table.Column<string>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_api_dataset_rows", x => new { x.dataset_id, x.number });
                });

            migrationBuilder.CreateTable(
                name: "api_datasets",
                columns: table => new
                {
                    id = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    name = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    columns = table.Column<string>(type: "TEXT", nullable: false),
                    types = table.Column<string>(type: "TEXT", nullable: false),
                    row_count = table.Column<int>(type: "INTEGER", nullable: false),
                    enabled_count = table.Column<int>(type: "INTEGER", nullable: false),
                    updated_at = table.Column<long>(type: "INTEGER", nullable: false),
                    updated_by = table.Column<string>(type: "TEXT", maxLength: 254, nullable: false),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_api_datasets", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "api_environments",
                columns: table => new
                {
                    id = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    name = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    variables = table.Column<string>(type: "TEXT", nullable: false),
                    secret_names = table.Column<string>(type: "TEXT", nullable: false),
                    secret_owner = table.Column<Guid>(type: "TEXT", nullable: false),
                    sealed_secrets = table.Column<byte[]>(type: "BLOB", nullable: false),
                    updated_at = table.Column<long>(type: "INTEGER", nullable: false),
                    updated_by = table.Column<string>(type: "TEXT", maxLength: 254, nullable: false),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_api_environments", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "api_failure_notes",
                columns: table => new
                {
                    fingerprint = table.Column<string>(type: "TEXT", maxLength: 24, nullable: false),
                    text = table.Column<string>(type: "TEXT", maxLength: 2000, nullable: false),
                    issue = table.Column<string>(type: "TEXT", maxLength: 500, nullable: false),
                    assigned_to = table.Column<string>(type: "TEXT", maxLength: 254, nullable: false),
                    updated_at = table.Column<long>(type: "INTEGER", nullable: false),
                    updated_by = table.Column<string>(type: "TEXT", maxLength: 254, nullable: false),
                    batch_id = table.Column<long>(type: "INTEGER", nullable: false),
                    batch_owner = table.Column<string>(type: "TEXT", maxLength: 254, nullable: false),
                    items = table.Column<string>(type: "TEXT", nullable: false),
                    shared = table.Column<bool>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_api_failure_notes", x => x.fingerprint);
                });

            migrationBuilder.CreateTable(
                name: "api_files",
                columns: table => new
                {
                    name = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    folder = table.Column<string>(type: "TEXT", maxLength: 400, nullable: false),
                    visibility = table.Column<string>(type: "TEXT", maxLength: 12, nullable: false),
                    owner = table.Column<string>(type: "TEXT", maxLength: 254, nullable: false),
                    blob_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    size = table.Column<long>(type: "INTEGER", nullable: false),
                    sha256 = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    updated_at = table.Column<long>(type: "INTEGER", nullable: false),
                    updated_by = table.Column<string>(type: "TEXT", maxLength: 254, nullable: false),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_api_files", x => x.name);
                });

            migrationBuilder.CreateTable(
                name: "api_folder_roles",
                columns: table => new
                {
                    folder = table.Column<string>(type: "TEXT", maxLength: 400, nullable: false),
                    person = table.Column<string>(type: "TEXT", maxLength: 254, nullable: false),
                    role = table.Column<string>(type: "TEXT", maxLength: 12, nullable: false),
                    updated_at = table.Column<long>(type: "INTEGER", nullable: false),
                    updated_by = table.Column<string>(type: "TEXT", maxLength: 254, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_api_folder_roles", x => new { x.folder, x.person });
                });

            migrationBuilder.CreateTable(
                name: "api_item_versions",
                columns: table => new
                {
                    item_id = table.Column<long>(type: "INTEGER", nullable: false),
                    version = table.Column<int>(type: "INTEGER", nullable: false),
                    spec = table.Column<string>(type: "TEXT", nullable: false),
                    changed_at = table.Column<long>(type: "INTEGER", nullable: false),
                    changed_by = table.Column<string>(type: "TEXT", maxLength: 254, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_api_item_versions", x => new { x.item_id, x.version });
                });

            migrationBuilder.CreateTable(
                name: "api_items",
                columns: table => new
                {
                    id = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    kind = table.Column<string>(type: "TEXT", maxLength: 8, nullable: false),
                    name = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    folder = table.Column<string>(type: "TEXT", maxLength: 400, nullable: false),
                    tags = table.Column<string>(type: "TEXT", maxLength: 2000, nullable: false),
                    state = table.Column<string>(type: "TEXT", maxLength: 8, nullable: false),
                    visibility = table.Column<string>(type: "TEXT", maxLength: 8, nullable: false),
                    owner = table.Column<string>(type: "TEXT", maxLength: 254, nullable: false),
                    version = table.Column<int>(type: "INTEGER", nullable: false),
                    spec = table.Column<string>(type: "TEXT", nullable: false),
                    updated_at = table.Column<long>(type: "INTEGER", nullable: false),
                    updated_by = table.Column<string>(type: "TEXT", maxLength: 254, nullable: false),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_api_items", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "api_pools",
                columns: table => new
                {
                    name = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    size = table.Column<int>(type: "INTEGER", nullable: false),
                    description = table.Column<string>(type: "TEXT", maxLength: 500, nullable: false),
                    updated_at = table.Column<long>(type: "INTEGER", nullable: false),
                    updated_by = table.Column<string>(type: "TEXT", maxLength: 254, nullable: false),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_api_pools", x => x.name);
                });

            migrationBuilder.CreateTable(
                name: "api_tokens",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    name = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    owner = table.Column<string>(type: "TEXT", maxLength: 254, nullable: false),
                    scopes = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    hash = table.Column<byte[]>(type: "BLOB", maxLength: 32, nullable: false),
                    hint = table.Column<string>(type: "TEXT", maxLength: 16, nullable: false),
                    created_at = table.Column<long>(type: "INTEGER", nullable: false),
                    expires_at = table.Column<long>(type: "INTEGER", nullable: false),
                    last_used_at = table.Column<long>(type: "INTEGER", nullable: true),
                    revoked_at = table.Column<long>(type: "INTEGER", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_api_tokens", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "audit",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    day = table.Column<int>(type: "INTEGER", nullable: false),
                    at = table.Column<long>(type: "INTEGER", nullable: false),
                    who = table.Column<string>(type: "TEXT", maxLength: 254, nullable: false),
                    action = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    @object = table.Column<string>(name: "object", type: "TEXT", maxLength: 400, nullable: false),
                    old = table.Column<string>(type: "TEXT", nullable: true),
                    @new = table.Column<string>(name: "new", type: "TEXT", nullable: true),
                    remote_address = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_audit", x => new { x.day, x.id });
                });

            migrationBuilder.CreateTable(
                name: "authorities",
                columns: table => new
                {
                    number = table.Column<int>(type: "INTEGER", nullable: false),
                    certificate = table.Column<byte[]>(type: "BLOB", nullable: false),
                    crossed = table.Column<byte[]>(type: "BLOB", nullable: false),
                    sealed_key = table.Column<byte[]>(type: "BLOB", nullable: false),
                    sealed_server_key = table.Column<byte[]>(type: "BLOB", nullable: false),
                    created_at = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_authorities", x => x.number);
                });

            migrationBuilder.CreateTable(
                name: "blob_chunks",
                columns: table => new
                {
                    blob_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    ordinal = table.Column<int>(type: "INTEGER", nullable: false),
                    bytes = table.Column<byte[]>(type: "BLOB", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_blob_chunks", x => new { x.blob_id, x.ordinal });
                });

            migrationBuilder.CreateTable(
                name: "blobs",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    size = table.Column<long>(type: "INTEGER", nullable: false),
                    whole = table.Column<bool>(type: "INTEGER", nullable: false),
                    created_at = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_blobs", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "bookings",
                columns: table => new
                {
                    id = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    host = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    service = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    booked_by = table.Column<string>(type: "TEXT", maxLength: 254, nullable: false),
                    note = table.Column<string>(type: "TEXT", maxLength: 500, nullable: false),
                    starts_at = table.Column<long>(type: "INTEGER", nullable: false),
                    ends_at = table.Column<long>(type: "INTEGER", nullable: false),
                    created_at = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_bookings", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "builds",
                columns: table => new
                {
                    id = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    job_name = table.Column<string>(type: "TEXT", maxLength: 255, nullable: false),
                    build_number = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    build_user = table.Column<string>(type: "TEXT", maxLength: 255, nullable: false),
                    package_path = table.Column<string>(type: "TEXT", maxLength: 1024, nullable: false),
                    labels = table.Column<string>(type: "TEXT", nullable: false),
                    key = table.Column<byte[]>(type: "BLOB", maxLength: 32, nullable: false),
                    search = table.Column<string>(type: "TEXT", nullable: false),
                    created_at = table.Column<long>(type: "INTEGER", nullable: false),
                    pinned_at = table.Column<long>(type: "INTEGER", nullable: true),
                    pinned_by = table.Column<string>(type: "TEXT", maxLength: 254, nullable: true),
                    pin_note = table.Column<string>(type: "TEXT", maxLength: 500, nullable: true),
                    mark = table.Column<string>(type: "TEXT", maxLength: 8, nullable: true),
                    mark_reason = table.Column<string>(type: "TEXT", maxLength: 500, nullable: true),
                    marked_by = table.Column<string>(type: "TEXT", maxLength: 254, nullable: true),
                    marked_at = table.Column<long>(type: "INTEGER", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_builds", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "deliveries",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    kind = table.Column<string>(type: "TEXT", maxLength: 16, nullable: false),
                    state = table.Column<string>(type: "TEXT", maxLength: 16, nullable: false),
                    target = table.Column<string>(type: "TEXT", maxLength: 2000, nullable: false),
                    subject = table.Column<string>(type: "TEXT", maxLength: 500, nullable: false),
                    content = table.Column<byte[]>(type: "BLOB", nullable: false),
                    is_secret = table.Column<bool>(type: "INTEGER", nullable: false),
                    run_id = table.Column<long>(type: "INTEGER", nullable: true),
                    webhook_id = table.Column<long>(type: "INTEGER", nullable: true),
                    created_at = table.Column<long>(type: "INTEGER", nullable: false),
                    expires_at = table.Column<long>(type: "INTEGER", nullable: true),
                    next_try_at = table.Column<long>(type: "INTEGER", nullable: true),
                    tries = table.Column<int>(type: "INTEGER", nullable: false),
                    last_error = table.Column<string>(type: "TEXT", maxLength: 1000, nullable: false),
                    sent_at = table.Column<long>(type: "INTEGER", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_deliveries", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "feed",
                columns: table => new
                {
                    sequence = table.Column<long>(type: "INTEGER", nullable: false),
                    day = table.Column<int>(type: "INTEGER", nullable: false),
                    topic = table.Column<string>(type: "TEXT", maxLength: 16, nullable: false),
                    entity_id = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_feed", x => new { x.day, x.sequence });
                });

            migrationBuilder.CreateTable(
                name: "feed_pending",
                columns: table => new
                {
                    id = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    topic = table.Column<string>(type: "TEXT", maxLength: 16, nullable: false),
                    entity_id = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_feed_pending", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "installed_on_hosts",
                columns: table => new
                {
                    agent_id = table.Column<long>(type: "INTEGER", nullable: false),
                    service = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    install_dir = table.Column<string>(type: "TEXT", maxLength: 4096, nullable: false),
                    build_id = table.Column<long>(type: "INTEGER", nullable: false),
                    build_name = table.Column<string>(type: "TEXT", maxLength: 1000, nullable: false),
                    run_id = table.Column<long>(type: "INTEGER", nullable: false),
                    manifest_hash = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    installed_at = table.Column<long>(type: "INTEGER", nullable: false),
                    running = table.Column<bool>(type: "INTEGER", nullable: false),
                    changed = table.Column<int>(type: "INTEGER", nullable: false),
                    changed_text = table.Column<string>(type: "TEXT", maxLength: 1000, nullable: false),
                    changed_since = table.Column<long>(type: "INTEGER", nullable: true),
                    reported_at = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_installed_on_hosts", x => new { x.agent_id, x.service });
                });

            migrationBuilder.CreateTable(
                name: "job_version_changes",
                columns: table => new
                {
                    id = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    job_name = table.Column<string>(type: "TEXT", maxLength: 255, nullable: false),
                    previous_build_id = table.Column<long>(type: "INTEGER", nullable: true),
                    build_id = table.Column<long>(type: "INTEGER", nullable: false),
                    selected_by = table.Column<string>(type: "TEXT", maxLength: 254, nullable: false),
                    selected_at = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_job_version_changes", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "job_versions",
                columns: table => new
                {
                    job_name = table.Column<string>(type: "TEXT", maxLength: 255, nullable: false),
                    build_id = table.Column<long>(type: "INTEGER", nullable: true),
                    auto_sync = table.Column<bool>(type: "INTEGER", nullable: false),
                    sync_interval = table.Column<long>(type: "INTEGER", nullable: false),
                    last_sync_at = table.Column<long>(type: "INTEGER", nullable: true),
                    selected_by = table.Column<string>(type: "TEXT", maxLength: 254, nullable: false),
                    selected_at = table.Column<long>(type: "INTEGER", nullable: true),
                    next_sync_at = table.Column<long>(type: "INTEGER", nullable: true),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_job_versions", x => x.job_name);
                });

            migrationBuilder.CreateTable(
                name: "join_tokens",
                columns: table => new
                {
                    hash = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    name = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    labels = table.Column<string>(type: "TEXT", nullable: false),
                    created_by = table.Column<string>(type: "TEXT", maxLength: 254, nullable: false),
                    created_at = table.Column<long>(type: "INTEGER", nullable: false),
                    expires_at = table.Column<long>(type: "INTEGER", nullable: false),
                    rejoin = table.Column<bool>(type: "INTEGER", nullable: false),
                    used_by_key_id = table.Column<string>(type: "TEXT", maxLength: 64, nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_join_tokens", x => x.hash);
                });

            migrationBuilder.CreateTable(
                name: "keys",
                columns: table => new
                {
                    purpose = table.Column<string>(type: "TEXT", maxLength: 32, nullable: false),
                    wrapped = table.Column<byte[]>(type: "BLOB", nullable: false),
                    created_at = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_keys", x => x.purpose);
                });

            migrationBuilder.CreateTable(
                name: "known_addresses",
                columns: table => new
                {
                    email = table.Column<string>(type: "TEXT", maxLength: 254, nullable: false),
                    address = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    last_used_at = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_known_addresses", x => new { x.email, x.address });
                });

            migrationBuilder.CreateTable(
                name: "log_chunks",
                columns: table => new
                {
                    run_day = table.Column<int>(type: "INTEGER", nullable: false),
                    run_id = table.Column<long>(type: "INTEGER", nullable: false),
                    attempt = table.Column<int>(type: "INTEGER", nullable: false),
                    step = table.Column<string>(type: "TEXT", maxLength: 16, nullable: false),
                    offset = table.Column<long>(type: "INTEGER", nullable: false),
                    length = table.Column<int>(type: "INTEGER", nullable: false),
                    first_line = table.Column<long>(type: "INTEGER", nullable: false),
                    codec = table.Column<int>(type: "INTEGER", nullable: false),
                    data = table.Column<byte[]>(type: "BLOB", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_log_chunks", x => new { x.run_day, x.run_id, x.attempt, x.step, x.offset });
                });

            migrationBuilder.CreateTable(
                name: "login_codes",
                columns: table => new
                {
                    email = table.Column<string>(type: "TEXT", maxLength: 254, nullable: false),
                    hash = table.Column<byte[]>(type: "BLOB", nullable: false),
                    expires_at = table.Column<long>(type: "INTEGER", nullable: false),
                    tries = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_login_codes", x => x.email);
                });

            migrationBuilder.CreateTable(
                name: "notices",
                columns: table => new
                {
                    id = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    run_id = table.Column<long>(type: "INTEGER", nullable: false),
                    attempt = table.Column<int>(type: "INTEGER", nullable: false),
                    of_gate = table.Column<bool>(type: "INTEGER", nullable: false),
                    created_at = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_notices", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "notification_choices",
                columns: table => new
                {
                    email = table.Column<string>(type: "TEXT", maxLength: 254, nullable: false),
                    rule = table.Column<string>(type: "TEXT", maxLength: 16, nullable: false),
                    language = table.Column<string>(type: "TEXT", maxLength: 8, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_notification_choices", x => x.email);
                });

            migrationBuilder.CreateTable(
                name: "parameter_sets",
                columns: table => new
                {
                    id = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    name = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    is_default = table.Column<bool>(type: "INTEGER", nullable: false),
                    version = table.Column<int>(type: "INTEGER", nullable: false),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_parameter_sets", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "report_histories",
                columns: table => new
                {
                    test_item_id = table.Column<long>(type: "INTEGER", nullable: false),
                    blob_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    updated_at = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_report_histories", x => x.test_item_id);
                });

            migrationBuilder.CreateTable(
                name: "report_jobs",
                columns: table => new
                {
                    run_id = table.Column<long>(type: "INTEGER", nullable: false),
                    attempt = table.Column<int>(type: "INTEGER", nullable: false),
                    test_item_id = table.Column<long>(type: "INTEGER", nullable: false),
                    state = table.Column<string>(type: "TEXT", maxLength: 16, nullable: false),
                    requested_at = table.Column<long>(type: "INTEGER", nullable: false),
                    not_before = table.Column<long>(type: "INTEGER", nullable: false),
                    claimed_by = table.Column<Guid>(type: "TEXT", nullable: true),
                    claimed_until = table.Column<long>(type: "INTEGER", nullable: true),
                    tries = table.Column<int>(type: "INTEGER", nullable: false),
                    note = table.Column<string>(type: "TEXT", nullable: false),
                    error = table.Column<string>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_report_jobs", x => new { x.run_id, x.attempt });
                });

            migrationBuilder.CreateTable(
                name: "reports",
                columns: table => new
                {
                    run_id = table.Column<long>(type: "INTEGER", nullable: false),
                    attempt = table.Column<int>(type: "INTEGER", nullable: false),
                    blob_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    size = table.Column<long>(type: "INTEGER", nullable: false),
                    built_at = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_reports", x => x.run_id);
                });

            migrationBuilder.CreateTable(
                name: "result_files",
                columns: table => new
                {
                    run_day = table.Column<int>(type: "INTEGER", nullable: false),
                    run_id = table.Column<long>(type: "INTEGER", nullable: false),
                    attempt = table.Column<int>(type: "INTEGER", nullable: false),
                    path = table.Column<string>(type: "TEXT", maxLength: 512, nullable: false),
                    size = table.Column<long>(type: "INTEGER", nullable: false),
                    sha256 = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    is_allure = table.Column<bool>(type: "INTEGER", nullable: false),
                    stored = table.Column<bool>(type: "INTEGER", nullable: false),
                    content = table.Column<byte[]>(type: "BLOB", nullable: true),
                    blob_id = table.Column<Guid>(type: "TEXT", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_result_files", x => new { x.run_day, x.run_id, x.attempt, x.path });
                });

            migrationBuilder.CreateTable(
                name: "run_attempts",
                columns: table => new
                {
                    run_id = table.Column<long>(type: "INTEGER", nullable: false),
                    number = table.Column<int>(type: "INTEGER", nullable: false),
                    kind = table.Column<string>(type: "TEXT", maxLength: 16, nullable: false),
                    assignment_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    agent_name = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    verdict = table.Column<string>(type: "TEXT", maxLength: 24, nullable: true),
                    status = table.Column<string>(type: "TEXT", maxLength: 16, nullable: true),
                    reason = table.Column<string>(type: "TEXT", nullable: false),
                    started_at = table.Column<long>(type: "INTEGER", nullable: true),
                    finished_at = table.Column<long>(type: "INTEGER", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_run_attempts", x => new { x.run_id, x.number });
                });

            migrationBuilder.CreateTable(
                name: "run_events",
                columns: table => new
                {
                    run_day = table.Column<int>(type: "INTEGER", nullable: false),
                    run_id = table.Column<long>(type: "INTEGER", nullable: false),
                    seq = table.Column<long>(type: "INTEGER", nullable: false),
                    payload = table.Column<byte[]>(type: "BLOB", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_run_events", x => new { x.run_day, x.run_id, x.seq });
                });

            migrationBuilder.CreateTable(
                name: "run_gates",
                columns: table => new
                {
                    run_id = table.Column<long>(type: "INTEGER", nullable: false),
                    attempt = table.Column<int>(type: "INTEGER", nullable: false),
                    state = table.Column<string>(type: "TEXT", maxLength: 12, nullable: false),
                    batch_id = table.Column<long>(type: "INTEGER", nullable: true),
                    reason = table.Column<string>(type: "TEXT", maxLength: 2000, nullable: false),
                    stop_reason = table.Column<string>(type: "TEXT", maxLength: 2000, nullable: false),
                    decided_at = table.Column<long>(type: "INTEGER", nullable: true),
                    decisions = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_run_gates", x => new { x.run_id, x.attempt });
                });

            migrationBuilder.CreateTable(
                name: "run_steps",
                columns: table => new
                {
                    run_id = table.Column<long>(type: "INTEGER", nullable: false),
                    attempt = table.Column<int>(type: "INTEGER", nullable: false),
                    ordinal = table.Column<int>(type: "INTEGER", nullable: false),
                    name = table.Column<string>(type: "TEXT", maxLength: 16, nullable: false),
                    status = table.Column<string>(type: "TEXT", maxLength: 16, nullable: false),
                    started_at = table.Column<long>(type: "INTEGER", nullable: true),
                    finished_at = table.Column<long>(type: "INTEGER", nullable: true),
                    exit_code = table.Column<int>(type: "INTEGER", nullable: true),
                    error = table.Column<string>(type: "TEXT", nullable: false),
                    reason = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    duration_ms = table.Column<long>(type: "INTEGER", nullable: false),
                    log_length = table.Column<long>(type: "INTEGER", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_run_steps", x => new { x.run_id, x.attempt, x.ordinal });
                });

            migrationBuilder.CreateTable(
                name: "run_tests",
                columns: table => new
                {
                    run_day = table.Column<int>(type: "INTEGER", nullable: false),
                    run_id = table.Column<long>(type: "INTEGER", nullable: false),
                    attempt = table.Column<int>(type: "INTEGER", nullable: false),
                    test_id = table.Column<string>(type: "TEXT", maxLength: 2048, nullable: false),
                    ordinal = table.Column<int>(type: "INTEGER", nullable: false),
                    outcome = table.Column<string>(type: "TEXT", maxLength: 16, nullable: false),
                    duration_ms = table.Column<long>(type: "INTEGER", nullable: false),
                    message = table.Column<string>(type: "TEXT", nullable: false),
                    trace = table.Column<string>(type: "TEXT", nullable: false),
                    output = table.Column<string>(type: "TEXT", nullable: false),
                    worker = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_run_tests", x => new { x.run_day, x.run_id, x.attempt, x.test_id });
                });

            migrationBuilder.CreateTable(
                name: "runs",
                columns: table => new
                {
                    id = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    created_at = table.Column<long>(type: "INTEGER", nullable: false),
                    day = table.Column<int>(type: "INTEGER", nullable: false),
                    test_item_id = table.Column<long>(type: "INTEGER", nullable: false),
                    test_item_name = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    build_id = table.Column<long>(type: "INTEGER", nullable: true),
                    job_name = table.Column<string>(type: "TEXT", maxLength: 255, nullable: false),
                    build_number = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    requested_by = table.Column<string>(type: "TEXT", maxLength: 254, nullable: false),
                    priority = table.Column<int>(type: "INTEGER", nullable: false),
                    idempotency_key = table.Column<string>(type: "TEXT", maxLength: 128, nullable: true),
                    parameters = table.Column<string>(type: "TEXT", nullable: false),
                    status = table.Column<string>(type: "TEXT", maxLength: 16, nullable: false),
                    verdict = table.Column<string>(type: "TEXT", maxLength: 24, nullable: true),
                    failure_class = table.Column<string>(type: "TEXT", maxLength: 16, nullable: true),
                    error = table.Column<string>(type: "TEXT", nullable: false),
                    attempt = table.Column<int>(type: "INTEGER", nullable: false),
                    agent_name = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    started_at = table.Column<long>(type: "INTEGER", nullable: true),
                    finished_at = table.Column<long>(type: "INTEGER", nullable: true),
                    contact_lost_since = table.Column<long>(type: "INTEGER", nullable: true),
                    cancel_requested_at = table.Column<long>(type: "INTEGER", nullable: true),
                    cancel_reason = table.Column<string>(type: "TEXT", nullable: false),
                    last_seq = table.Column<long>(type: "INTEGER", nullable: false),
                    has_report = table.Column<bool>(type: "INTEGER", nullable: false),
                    report_note = table.Column<string>(type: "TEXT", nullable: false),
                    previous_status = table.Column<string>(type: "TEXT", maxLength: 16, nullable: true),
                    extended_seconds = table.Column<long>(type: "INTEGER", nullable: false),
                    pinned_by = table.Column<string>(type: "TEXT", maxLength: 254, nullable: false),
                    pin_note = table.Column<string>(type: "TEXT", maxLength: 500, nullable: false),
                    gate = table.Column<string>(type: "TEXT", nullable: false),
                    revision = table.Column<int>(type: "INTEGER", nullable: false),
                    tests_broken = table.Column<int>(type: "INTEGER", nullable: false),
                    tests_duration_ms = table.Column<long>(type: "INTEGER", nullable: false),
                    tests_failed = table.Column<int>(type: "INTEGER", nullable: false),
                    tests_flaky = table.Column<int>(type: "INTEGER", nullable: false),
                    tests_interrupted = table.Column<int>(type: "INTEGER", nullable: false),
                    tests_not_run = table.Column<int>(type: "INTEGER", nullable: false),
                    tests_passed = table.Column<int>(type: "INTEGER", nullable: false),
                    tests_skipped = table.Column<int>(type: "INTEGER", nullable: false),
                    tests_total = table.Column<int>(type: "INTEGER", nullable: false),
                    tests_unknown = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_runs", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "server_identity",
                columns: table => new
                {
                    id = table.Column<int>(type: "INTEGER", nullable: false),
                    server_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    key_salt = table.Column<byte[]>(type: "BLOB", nullable: false),
                    created_at = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_server_identity", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "service_locks",
                columns: table => new
                {
                    host = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    service = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    work_item_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    run_id = table.Column<long>(type: "INTEGER", nullable: true),
                    taken_at = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_service_locks", x => new { x.host, x.service });
                });

            migrationBuilder.CreateTable(
                name: "sessions",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    email = table.Column<string>(type: "TEXT", maxLength: 254, nullable: false),
                    role = table.Column<string>(type: "TEXT", maxLength: 8, nullable: false),
                    created_at = table.Column<long>(type: "INTEGER", nullable: false),
                    last_seen_at = table.Column<long>(type: "INTEGER", nullable: false),
                    expires_at = table.Column<long>(type: "INTEGER", nullable: false),
                    remote_address = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    user_agent = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    ended_at = table.Column<long>(type: "INTEGER", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_sessions", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "settings",
                columns: table => new
                {
                    key = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    value = table.Column<string>(type: "TEXT", maxLength: 8192, nullable: false),
                    updated_by = table.Column<string>(type: "TEXT", maxLength: 254, nullable: false),
                    updated_at = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_settings", x => x.key);
                });

            migrationBuilder.CreateTable(
                name: "sign_in_brakes",
                columns: table => new
                {
                    key = table.Column<string>(type: "TEXT", maxLength: 400, nullable: false),
                    failures = table.Column<int>(type: "INTEGER", nullable: false),
                    blocked_until = table.Column<long>(type: "INTEGER", nullable: false),
                    last_at = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_sign_in_brakes", x => x.key);
                });

            migrationBuilder.CreateTable(
                name: "step_logs",
                columns: table => new
                {
                    run_day = table.Column<int>(type: "INTEGER", nullable: false),
                    run_id = table.Column<long>(type: "INTEGER", nullable: false),
                    attempt = table.Column<int>(type: "INTEGER", nullable: false),
                    step = table.Column<string>(type: "TEXT", maxLength: 16, nullable: false),
                    length = table.Column<long>(type: "INTEGER", nullable: false),
                    lines = table.Column<long>(type: "INTEGER", nullable: false),
                    complete = table.Column<bool>(type: "INTEGER", nullable: false),
                    dropped = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_step_logs", x => new { x.run_day, x.run_id, x.attempt, x.step });
                });

            migrationBuilder.CreateTable(
                name: "trigger_cursors",
                columns: table => new
                {
                    name = table.Column<string>(type: "TEXT", maxLength: 16, nullable: false),
                    position = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_trigger_cursors", x => x.name);
                });

            migrationBuilder.CreateTable(
                name: "users",
                columns: table => new
                {
                    email = table.Column<string>(type: "TEXT", maxLength: 254, nullable: false),
                    role = table.Column<string>(type: "TEXT", maxLength: 8, nullable: false),
                    blocked = table.Column<bool>(type: "INTEGER", nullable: false),
                    created_at = table.Column<long>(type: "INTEGER", nullable: false),
                    last_login_at = table.Column<long>(type: "INTEGER", nullable: true),
                    last_address = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_users", x => x.email);
                });

            migrationBuilder.CreateTable(
                name: "work_items",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    kind = table.Column<string>(type: "TEXT", maxLength: 8, nullable: false),
                    state = table.Column<string>(type: "TEXT", maxLength: 8, nullable: false),
                    epoch = table.Column<long>(type: "INTEGER", nullable: false),
                    run_id = table.Column<long>(type: "INTEGER", nullable: true),
                    attempt = table.Column<int>(type: "INTEGER", nullable: true),
                    run_day = table.Column<int>(type: "INTEGER", nullable: true),
                    agent_id = table.Column<long>(type: "INTEGER", nullable: true),
                    last_seq = table.Column<long>(type: "INTEGER", nullable: false),
                    priority = table.Column<int>(type: "INTEGER", nullable: false),
                    rank = table.Column<long>(type: "INTEGER", nullable: false),
                    labels = table.Column<string>(type: "TEXT", nullable: false),
                    agents = table.Column<string>(type: "TEXT", nullable: true),
                    owner = table.Column<string>(type: "TEXT", maxLength: 254, nullable: true),
                    test_item_id = table.Column<long>(type: "INTEGER", nullable: true),
                    concurrency = table.Column<int>(type: "INTEGER", nullable: true),
                    extended_seconds = table.Column<long>(type: "INTEGER", nullable: true),
                    service = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    plan = table.Column<byte[]>(type: "BLOB", nullable: false),
                    created_at = table.Column<long>(type: "INTEGER", nullable: false),
                    offered_at = table.Column<long>(type: "INTEGER", nullable: true),
                    accepted_at = table.Column<long>(type: "INTEGER", nullable: true),
                    ended_at = table.Column<long>(type: "INTEGER", nullable: true),
                    cancel_requested_at = table.Column<long>(type: "INTEGER", nullable: true),
                    cancel_reason = table.Column<string>(type: "TEXT", nullable: false),
                    contact_lost_since = table.Column<long>(type: "INTEGER", nullable: true),
                    waiting_reason = table.Column<string>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_work_items", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "parameter_set_versions",
                columns: table => new
                {
                    set_id = table.Column<long>(type: "INTEGER", nullable: false),
                    version = table.Column<int>(type: "INTEGER", nullable: false),
                    parameters = table.Column<string>(type: "TEXT", nullable: false),
                    updated_at = table.Column<long>(type: "INTEGER", nullable: false),
                    updated_by = table.Column<string>(type: "TEXT", maxLength: 254, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_parameter_set_versions", x => new { x.set_id, x.version });
                    table.ForeignKey(
                        name: "fk_parameter_set_versions_parameter_sets_set_id",
                        column: x => x.set_id,
                        principalTable: "parameter_sets",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "test_items",
                columns: table => new
                {
                    id = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    name = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    job_name = table.Column<string>(type: "TEXT", maxLength: 255, nullable: false),
                    parameter_set_id = table.Column<long>(type: "INTEGER", nullable: false),
                    labels = table.Column<string>(type: "TEXT", nullable: false),
                    package_pattern = table.Column<string>(type: "TEXT", maxLength: 256, nullable: false),
                    enabled = table.Column<bool>(type: "INTEGER", nullable: false),
                    agents = table.Column<string>(type: "TEXT", nullable: false),
                    notify = table.Column<string>(type: "TEXT", nullable: false),
                    rollback = table.Column<string>(type: "TEXT", maxLength: 16, nullable: true),
                    concurrency = table.Column<int>(type: "INTEGER", nullable: false),
                    newest_only = table.Column<bool>(type: "INTEGER", nullable: false),
                    gate = table.Column<string>(type: "TEXT", nullable: false),
                    created_at = table.Column<long>(type: "INTEGER", nullable: false),
                    updated_at = table.Column<long>(type: "INTEGER", nullable: false),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_test_items", x => x.id);
                    table.ForeignKey(
                        name: "fk_test_items_parameter_sets_parameter_set_id",
                        column: x => x.parameter_set_id,
                        principalTable: "parameter_sets",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "trigger_rules",
                columns: table => new
                {
                    id = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    test_item_id = table.Column<long>(type: "INTEGER", nullable: false),
                    kind = table.Column<string>(type: "TEXT", maxLength: 16, nullable: false),
                    cron = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    time_zone = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    enabled = table.Column<bool>(type: "INTEGER", nullable: false),
                    priority = table.Column<int>(type: "INTEGER", nullable: false),
                    next_at = table.Column<long>(type: "INTEGER", nullable: true),
                    last_fired_at = table.Column<long>(type: "INTEGER", nullable: true),
                    last_run_id = table.Column<long>(type: "INTEGER", nullable: true),
                    last_error = table.Column<string>(type: "TEXT", maxLength: 1000, nullable: false),
                    created_by = table.Column<string>(type: "TEXT", maxLength: 254, nullable: false),
                    created_at = table.Column<long>(type: "INTEGER", nullable: false),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_trigger_rules", x => x.id);
                    table.ForeignKey(
                        name: "fk_trigger_rules_test_items_test_item_id",
                        column: x => x.test_item_id,
                        principalTable: "test_items",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "webhooks",
                columns: table => new
                {
                    id = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    url = table.Column<string>(type: "TEXT", maxLength: 2000, nullable: false),
                    secret = table.Column<byte[]>(type: "BLOB", nullable: false),
                    test_item_id = table.Column<long>(type: "INTEGER", nullable: true),
                    rule = table.Column<string>(type: "TEXT", maxLength: 16, nullable: false),
                    created_by = table.Column<string>(type: "TEXT", maxLength: 254, nullable: false),
                    created_at = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_webhooks", x => x.id);
                    table.ForeignKey(
                        name: "fk_webhooks_test_items_test_item_id",
                        column: x => x.test_item_id,
                        principalTable: "test_items",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "trigger_firings",
                columns: table => new
                {
                    id = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    rule_id = table.Column<long>(type: "INTEGER", nullable: false),
                    key = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    build_id = table.Column<long>(type: "INTEGER", nullable: true),
                    created_at = table.Column<long>(type: "INTEGER", nullable: false),
                    next_try_at = table.Column<long>(type: "INTEGER", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_trigger_firings", x => x.id);
                    table.ForeignKey(
                        name: "fk_trigger_firings_trigger_rules_rule_id",
                        column: x => x.rule_id,
                        principalTable: "trigger_rules",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "ix_agents_key_id",
                table: "agents",
                column: "key_id",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_agents_name",
                table: "agents",
                column: "name",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_api_batch_files_blob_id",
                table: "api_batch_files",
                column: "blob_id");

            migrationBuilder.CreateIndex(
                name: "ix_api_batch_pieces_batch_id",
                table: "api_batch_pieces",
                column: "batch_id");

            migrationBuilder.CreateIndex(
                name: "ix_api_batch_pieces_pools",
                table: "api_batch_pieces",
                column: "pools",
                filter: "pools <> ''");

            migrationBuilder.CreateIndex(
                name: "ix_api_batch_rows_pending",
                table: "api_batch_rows",
                columns: new[] { "batch_id", "row_no" },
                filter: "outcome IS NULL AND piece_id IS NULL");

            migrationBuilder.CreateIndex(
                name: "ix_api_batch_rows_piece_id",
                table: "api_batch_rows",
                column: "piece_id",
                filter: "piece_id IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "ix_api_batch_schedules_name",
                table: "api_batch_schedules",
                column: "name",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_api_batch_schedules_next_at",
                table: "api_batch_schedules",
                column: "next_at",
                filter: "next_at IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "ix_api_batches_name_id",
                table: "api_batches",
                columns: new[] { "name", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_api_batches_requested_by_idempotency_key",
                table: "api_batches",
                columns: new[] { "requested_by", "idempotency_key" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_api_batches_run_id",
                table: "api_batches",
                column: "run_id",
                filter: "run_id IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "ix_api_batches_status_id",
                table: "api_batches",
                columns: new[] { "status", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_api_datasets_name",
                table: "api_datasets",
                column: "name",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_api_environments_name",
                table: "api_environments",
                column: "name",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_api_files_blob_id",
                table: "api_files",
                column: "blob_id");

            migrationBuilder.CreateIndex(
                name: "ix_api_items_kind_name",
                table: "api_items",
                columns: new[] { "kind", "name" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_api_tokens_hash",
                table: "api_tokens",
                column: "hash",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_api_tokens_owner_id",
                table: "api_tokens",
                columns: new[] { "owner", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_audit_object_id",
                table: "audit",
                columns: new[] { "object", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_audit_who_id",
                table: "audit",
                columns: new[] { "who", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_bookings_ends_at",
                table: "bookings",
                column: "ends_at");

            migrationBuilder.CreateIndex(
                name: "ix_bookings_host_ends_at",
                table: "bookings",
                columns: new[] { "host", "ends_at" });

            migrationBuilder.CreateIndex(
                name: "ix_builds_build_user_id",
                table: "builds",
                columns: new[] { "build_user", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_builds_created_at",
                table: "builds",
                column: "created_at");

            migrationBuilder.CreateIndex(
                name: "ix_builds_job_name_id",
                table: "builds",
                columns: new[] { "job_name", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_builds_key",
                table: "builds",
                column: "key",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_builds_mark_id",
                table: "builds",
                columns: new[] { "mark", "id" },
                filter: "mark IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "ix_builds_pinned",
                table: "builds",
                column: "id",
                filter: "pinned_at IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "ix_deliveries_next_try_at",
                table: "deliveries",
                column: "next_try_at",
                filter: "next_try_at IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "ix_deliveries_run_id",
                table: "deliveries",
                column: "run_id");

            migrationBuilder.CreateIndex(
                name: "ix_deliveries_state_id",
                table: "deliveries",
                columns: new[] { "state", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_feed_sequence",
                table: "feed",
                column: "sequence");

            migrationBuilder.CreateIndex(
                name: "ix_job_version_changes_job_name_id",
                table: "job_version_changes",
                columns: new[] { "job_name", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_job_versions_next_sync_at",
                table: "job_versions",
                column: "next_sync_at",
                filter: "next_sync_at IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "ix_known_addresses_last_used_at",
                table: "known_addresses",
                column: "last_used_at");

            migrationBuilder.CreateIndex(
                name: "ix_parameter_sets_is_default",
                table: "parameter_sets",
                column: "is_default",
                unique: true,
                filter: "is_default");

            migrationBuilder.CreateIndex(
                name: "ix_parameter_sets_name",
                table: "parameter_sets",
                column: "name",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_report_jobs_state_requested_at",
                table: "report_jobs",
                columns: new[] { "state", "requested_at" });

            migrationBuilder.CreateIndex(
                name: "ix_report_jobs_test_item_id_state",
                table: "report_jobs",
                columns: new[] { "test_item_id", "state" });

            migrationBuilder.CreateIndex(
                name: "ix_reports_blob_id",
                table: "reports",
                column: "blob_id");

            migrationBuilder.CreateIndex(
                name: "ix_run_attempts_assignment_id",
                table: "run_attempts",
                column: "assignment_id",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_run_gates_state",
                table: "run_gates",
                column: "state",
                filter: "state IN ('Pending', 'Running')");

            migrationBuilder.CreateIndex(
                name: "ix_run_tests_run_id_attempt_ordinal",
                table: "run_tests",
                columns: new[] { "run_id", "attempt", "ordinal" });

            migrationBuilder.CreateIndex(
                name: "ix_runs_build_id_id",
                table: "runs",
                columns: new[] { "build_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_runs_created_at",
                table: "runs",
                column: "created_at");

            migrationBuilder.CreateIndex(
                name: "ix_runs_requested_by_id",
                table: "runs",
                columns: new[] { "requested_by", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_runs_requested_by_idempotency_key",
                table: "runs",
                columns: new[] { "requested_by", "idempotency_key" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_runs_status_id",
                table: "runs",
                columns: new[] { "status", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_runs_test_item_id_id",
                table: "runs",
                columns: new[] { "test_item_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_runs_verdict_id",
                table: "runs",
                columns: new[] { "verdict", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_service_locks_work_item_id",
                table: "service_locks",
                column: "work_item_id");

            migrationBuilder.CreateIndex(
                name: "ix_sessions_email_created_at",
                table: "sessions",
                columns: new[] { "email", "created_at" });

            migrationBuilder.CreateIndex(
                name: "ix_sessions_expires_at",
                table: "sessions",
                column: "expires_at");

            migrationBuilder.CreateIndex(
                name: "ix_sign_in_brakes_last_at",
                table: "sign_in_brakes",
                column: "last_at");

            migrationBuilder.CreateIndex(
                name: "ix_test_items_job_name_name",
                table: "test_items",
                columns: new[] { "job_name", "name" });

            migrationBuilder.CreateIndex(
                name: "ix_test_items_name",
                table: "test_items",
                column: "name",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_test_items_parameter_set_id",
                table: "test_items",
                column: "parameter_set_id");

            migrationBuilder.CreateIndex(
                name: "ix_trigger_firings_created_at",
                table: "trigger_firings",
                column: "created_at");

            migrationBuilder.CreateIndex(
                name: "ix_trigger_firings_next_try_at",
                table: "trigger_firings",
                column: "next_try_at",
                filter: "next_try_at IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "ix_trigger_firings_rule_id_key",
                table: "trigger_firings",
                columns: new[] { "rule_id", "key" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_trigger_rules_next_at",
                table: "trigger_rules",
                column: "next_at",
                filter: "next_at IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "ix_trigger_rules_test_item_id",
                table: "trigger_rules",
                column: "test_item_id");

            migrationBuilder.CreateIndex(
                name: "ix_webhooks_test_item_id",
                table: "webhooks",
                column: "test_item_id");

            migrationBuilder.CreateIndex(
                name: "ix_work_items_agent_id",
                table: "work_items",
                column: "agent_id",
                filter: "state <> 'Ended'");

            migrationBuilder.CreateIndex(
                name: "ix_work_items_rank",
                table: "work_items",
                column: "rank",
                filter: "state = 'Queued'");

            migrationBuilder.CreateIndex(
                name: "ix_work_items_run_id",
                table: "work_items",
                column: "run_id");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "admin_secret");

            migrationBuilder.DropTable(
                name: "agent_checks");

            migrationBuilder.DropTable(
                name: "agent_presence");

            migrationBuilder.DropTable(
                name: "agent_upgrade_members");

            migrationBuilder.DropTable(
                name: "agent_upgrades");

            migrationBuilder.DropTable(
                name: "agents");

            migrationBuilder.DropTable(
                name: "api_batch_attempts");

            migrationBuilder.DropTable(
                name: "api_batch_events");

            migrationBuilder.DropTable(
                name: "api_batch_files");

            migrationBuilder.DropTable(
                name: "api_batch_pieces");

            migrationBuilder.DropTable(
                name: "api_batch_rows");

            migrationBuilder.DropTable(
                name: "api_batch_schedules");

            migrationBuilder.DropTable(
                name: "api_batches");

            migrationBuilder.DropTable(
                name: "api_dataset_rows");

            migrationBuilder.DropTable(
                name: "api_datasets");

            migrationBuilder.DropTable(
                name: "api_environments");

            migrationBuilder.DropTable(
                name: "api_failure_notes");

            migrationBuilder.DropTable(
                name: "api_files");

            migrationBuilder.DropTable(
                name: "api_folder_roles");

            migrationBuilder.DropTable(
                name: "api_item_versions");

            migrationBuilder.DropTable(
                name: "api_items");

            migrationBuilder.DropTable(
                name: "api_pools");

            migrationBuilder.DropTable(
                name: "api_tokens");

            migrationBuilder.DropTable(
                name: "audit");

            migrationBuilder.DropTable(
                name: "authorities");

            migrationBuilder.DropTable(
                name: "blob_chunks");

            migrationBuilder.DropTable(
                name: "blobs");

            migrationBuilder.DropTable(
                name: "bookings");

            migrationBuilder.DropTable(
                name: "builds");

            migrationBuilder.DropTable(
                name: "deliveries");

            migrationBuilder.DropTable(
                name: "feed");

            migrationBuilder.DropTable(
                name: "feed_pending");

            migrationBuilder.DropTable(
                name: "installed_on_hosts");

            migrationBuilder.DropTable(
                name: "job_version_changes");

            migrationBuilder.DropTable(
                name: "job_versions");

            migrationBuilder.DropTable(
                name: "join_tokens");

            migrationBuilder.DropTable(
                name: "keys");

            migrationBuilder.DropTable(
                name: "known_addresses");

            migrationBuilder.DropTable(
                name: "log_chunks");

            migrationBuilder.DropTable(
                name: "login_codes");

            migrationBuilder.DropTable(
                name: "notices");

            migrationBuilder.DropTable(
                name: "notification_choices");

            migrationBuilder.DropTable(
                name: "parameter_set_versions");

            migrationBuilder.DropTable(
                name: "report_histories");

            migrationBuilder.DropTable(
                name: "report_jobs");

            migrationBuilder.DropTable(
                name: "reports");

            migrationBuilder.DropTable(
                name: "result_files");

            migrationBuilder.DropTable(
                name: "run_attempts");

            migrationBuilder.DropTable(
                name: "run_events");

            migrationBuilder.DropTable(
                name: "run_gates");

            migrationBuilder.DropTable(
                name: "run_steps");

            migrationBuilder.DropTable(
                name: "run_tests");

            migrationBuilder.DropTable(
                name: "runs");

            migrationBuilder.DropTable(
                name: "server_identity");

            migrationBuilder.DropTable(
                name: "service_locks");

            migrationBuilder.DropTable(
                name: "sessions");

            migrationBuilder.DropTable(
                name: "settings");

            migrationBuilder.DropTable(
                name: "sign_in_brakes");

            migrationBuilder.DropTable(
                name: "step_logs");

            migrationBuilder.DropTable(
                name: "trigger_cursors");

            migrationBuilder.DropTable(
                name: "trigger_firings");

            migrationBuilder.DropTable(
                name: "users");

            migrationBuilder.DropTable(
                name: "webhooks");

            migrationBuilder.DropTable(
                name: "work_items");

            migrationBuilder.DropTable(
                name: "trigger_rules");

            migrationBuilder.DropTable(
                name: "test_items");

            migrationBuilder.DropTable(
                name: "parameter_sets");
        }
    }
}
