using Google.Protobuf;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Migrations.Operations;
using Orbit.Contracts.V1;
using Orbit.ControlPlane.Storage;
using Orbit.Tests.Support;

namespace Orbit.ControlPlane.Tests.Storage;

/// <summary>
/// The release before and the one after, side by side with this one: a newer program has extended the database, a newer agent says more than
/// this server knows. What an older agent leaves out is what the stand-in agent of all tests leaves out.
/// </summary>
public sealed class NeighbourVersionTests
{
    /// <summary>A varint and a text under numbers that no message has.</summary>
    private static readonly byte[] Unknown = [0xC0, 0x3E, 0x07, 0xCA, 0x3E, 0x03, (byte)'n', (byte)'e', (byte)'w'];

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task This_program_goes_on_and_starts_again_on_a_database_that_a_newer_one_has_extended(string provider)
    {
        await using TestDatabase database = await TestDatabase.CreateAsync(provider);
        FakeAgent identity;
        long before;
        long item;
        await using (Lab lab = await Lab.OnAsync(await OrbitServer.StartAsync(database)))
        {
            FakeAgentSession agent = await lab.AgentAsync();
            identity = agent.Agent;
            item = await lab.ItemAsync();
            Run run = await lab.TriggerAsync(item);
            FakeWork work = await (await agent.OfferAsync()).AcceptAsync();
            await work.TellAsync(Fact.Started("test"));

            await ExtendAsync(lab.Orbit.Store, provider);
            await work.TellAsync(Fact.Collected("t::a"), Fact.Tested("t::a", TestOutcome.Passed));
            await work.EndAsync();

            Assert.Equal(Verdict.Passed, (await lab.EndedAsync(run.Id)).Verdict);
            before = run.Id;
        }

        await using Lab again = await Lab.OnAsync(await OrbitServer.StartAsync(database));
        FakeAgentSession back = await again.ConnectAsync(identity);
        Assert.Equal(1, (await again.RunAsync(before)).Summary.Passed);
        Run next = await again.TriggerAsync(item);
        await (await (await back.OfferAsync()).AcceptAsync()).EndAsync();
        Assert.Equal(Verdict.Passed, (await again.EndedAsync(next.Id)).Verdict);
        Assert.All((await new DoctorService.DoctorServiceClient(again.Admin).ExamineAsync(new())).Checks, check => Assert.Empty(check.Objects));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_newer_agent_that_says_more_than_is_known_here_is_served_and_its_series_goes_on(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession agent = await lab.AgentAsync(adjust: hello =>
        {
            hello.MaxProtocol = 2;
            hello.MergeFrom(Unknown);
        });
        Assert.Equal(1, agent.Welcome.Protocol);
        (Run run, FakeWork work) = await lab.AcceptedAsync(agent);
        AgentEvent newer = new();
        newer.MergeFrom(Unknown);
        AgentEvent more = Fact.Note("MORE", "with something new in it");
        more.Note.MergeFrom(Unknown);

        await work.TellAsync(Fact.Started("test"), newer, more);
        await work.EndAsync();

        Assert.Equal((RunStatus.Completed, Verdict.Passed), ((await lab.EndedAsync(run.Id)).Status, (await lab.RunAsync(run.Id)).Verdict));
        Assert.Single(await lab.WatchAsync(run.Id, 1, e => e.Type is RunEventType.Finished), e => e.Text == "MORE: with something new in it");
    }

    /// <summary>What takes something away that the release before still uses must wait for the release after the next.</summary>
    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Migrations_after_the_first_only_add_what_the_release_before_need_not_know(string provider)
    {
        await using TestDatabase database = await TestDatabase.CreateAsync(provider);
        await using var app = new StoreApp(database.NextArgs());
        await using OrbitDbContext context = app.NewContext();
        IMigrationsAssembly all = context.GetService<IMigrationsAssembly>();

        Assert.NotEmpty(all.Migrations);
        foreach ((string id, System.Reflection.TypeInfo type) in all.Migrations.Skip(1))
        {
            Assert.Empty(all.CreateMigration(type, context.Database.ProviderName!).UpOperations.Where(TakesAway).Select(operation => $"{id}: {operation.GetType().Name}"));
        }

        Assert.True(TakesAway(new DropColumnOperation()) && TakesAway(new RenameColumnOperation()) && TakesAway(new AddColumnOperation { IsNullable = false }));
        Assert.False(TakesAway(new AddColumnOperation { IsNullable = false, DefaultValue = 0 }) || TakesAway(new AddColumnOperation { IsNullable = true }));
    }

    private static bool TakesAway(MigrationOperation operation) => operation switch
    {
        AddColumnOperation column => !column.IsNullable && column.DefaultValue is null && column.DefaultValueSql is null,
        CreateTableOperation or CreateIndexOperation or DropIndexOperation or InsertDataOperation or SqlOperation => false,
        _ => true,
    };

    /// <summary>A further column in every table, a further table, and the mark of a migration that this program does not have.</summary>
    private static async Task ExtendAsync(OrbitStore store, string provider)
    {
        List<string> tables = await store.ReadAsync(
            (database, ct) => database.QueryAsync(
                provider == Databases.Sqlite
                    ? "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE '\\_\\_EF%' ESCAPE '\\' AND sql LIKE 'CREATE TABLE%'"
                    : "SELECT c.relname::text FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname NOT LIKE '\\_\\_EF%'",
                [], static row => row.Text(0), ct),
            default);
        Assert.True(tables.Count > 30);
        await store.WriteAsync(
            async (database, ct) =>
            {
                foreach (string table in tables)
                {
                    await database.RunAsync($"ALTER TABLE \"{table}\" ADD COLUMN later_text text NOT NULL DEFAULT 'later'", [], ct);
                }

                await database.RunAsync("CREATE TABLE later_table (id integer PRIMARY KEY)", [], ct);
                await database.RunAsync("INSERT INTO \"__EFMigrationsHistory\" VALUES ('29991231235959_Later', '99.0.0')", [], ct);
            },
            default);
    }
}
