using Orbit.Contracts.V1;
using Orbit.ControlPlane.Storage;
using Orbit.Tests.Support;

namespace Orbit.ControlPlane.Tests.Runs;

/// <summary>A database that takes every statement of a transaction and refuses its commit.</summary>
public sealed class RefusedCommitTests
{
    private const int ItemRefused = 2202;
    private const int TransactionFailed = 20205; // of Entity Framework

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task What_a_commit_refuses_was_told_to_nobody_and_is_stored_once_when_it_comes_again(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        lab.Orbit.Log.ExpectErrors(ItemRefused, TransactionFailed);
        FakeAgentSession agent = await lab.AgentAsync();
        (Run run, FakeWork work) = await lab.AcceptedAsync(agent);
        await work.TellAsync(Fact.Started("test"));
        await RunAsync(lab, provider == Databases.Sqlite ? RefuseOnSqlite : RefuseOnPostgres);

        await work.SendAsync(2, Fact.Note("ONCE", "told"));
        await agent.EndedAsync();

        Assert.DoesNotContain(agent.Received, m => m.Ack?.LastSeq >= 2);
        Assert.Equal(1, (await lab.WorkAsync(run.Id)).LastSeq);
        await RunAsync(lab, ["DROP TRIGGER refused" + (provider == Databases.Sqlite ? "" : " ON work_items")]);
        FakeAgentSession back = await lab.ConnectAsync(agent.Agent, hello => hello.Open.Add(work.Open()));
        work.Session = back;
        await work.TellAsync(Fact.Note("ONCE", "told"));
        await work.EndAsync();
        Assert.Single(await lab.WatchAsync(run.Id, 1, e => e.Type is RunEventType.Finished), e => e.Text == "ONCE: told");
    }

    /// <summary>A reference to nothing, looked at by the commit.</summary>
    private static readonly string[] RefuseOnSqlite =
    [
        "CREATE TABLE refused_to (id INTEGER PRIMARY KEY)",
        "CREATE TABLE refused_from (id INTEGER REFERENCES refused_to (id) DEFERRABLE INITIALLY DEFERRED)",
        "CREATE TRIGGER refused AFTER UPDATE ON work_items BEGIN INSERT INTO refused_from VALUES (1); END",
    ];

    /// <summary>The disk is full, which only the commit finds.</summary>
    private static readonly string[] RefuseOnPostgres =
    [
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused' USING ERRCODE = 'disk_full'; END $$",
        "CREATE CONSTRAINT TRIGGER refused AFTER UPDATE ON work_items DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()",
    ];

    private static async Task RunAsync(Lab lab, string[] statements)
    {
        foreach (string statement in statements)
        {
            await lab.Orbit.Store.WriteAsync((database, ct) => database.RunAsync(statement, [], ct), default);
        }
    }
}
