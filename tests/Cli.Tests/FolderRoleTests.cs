using Orbit.Cli.Tests.Support;
using Orbit.Contracts.V1;

namespace Orbit.Cli.Tests;

/// <summary>Roles of people in folders.</summary>
public sealed class FolderRoleTests
{
    [Fact]
    public async Task Roles_are_listed_given_and_taken()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync();
        server.Answers.When<ListFolderRolesRequest, ListFolderRolesResponse>(_ => new()
        {
            Entries =
            {
                new FolderRoleEntry { Person = "*", Role = FolderRole.Viewer, UpdatedBy = "root@example.com" },
                new FolderRoleEntry { Folder = "pay/cards", Person = "ann@example.com", Role = FolderRole.Editor },
                new FolderRoleEntry { Folder = "payments", Person = "bob@example.com", Role = FolderRole.Runner },
            },
        });
        server.Answers.When<PutFolderRoleRequest, FolderRoleEntry>(r => new() { Folder = r.Folder, Person = r.Person, Role = r.Role });
        server.Answers.When<DeleteFolderRoleRequest, DeleteFolderRoleResponse>(_ => new());
        using var cli = new OrbitCli(server);

        string all = (await cli.RunAsync(["api", "folders", "roles", "list"])).Output;
        Assert.Equal(4, all.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Matches(@"(?m)^/ +\* +viewer +root@example.com", all);
        string below = (await cli.RunAsync(["api", "folders", "roles", "list", "--folder", "/pay"])).Output;
        Assert.Contains("ann@example.com", below, StringComparison.Ordinal);
        Assert.DoesNotContain("bob", below, StringComparison.Ordinal);

        Assert.Equal("ann@example.com is runner of pay\n", (await cli.RunAsync(["api", "folders", "roles", "grant", "pay/", "ann@example.com", "runner"])).Output);
        Assert.Equal("* is viewer of /\n", (await cli.RunAsync(["api", "folders", "roles", "grant", "/", "*", "Viewer"])).Output);
        Assert.Equal([("pay", FolderRole.Runner), ("", FolderRole.Viewer)], server.Answers.AskedFor<PutFolderRoleRequest>().Select(r => (r.Folder, r.Role)));
        Assert.Equal("* has no entry for / any more\n", (await cli.RunAsync(["api", "folders", "roles", "revoke", "/", "*"])).Output);
        Assert.Equal(("", "*"), server.Answers.AskedFor<DeleteFolderRoleRequest>().Select(r => (r.Folder, r.Person)).Single());
        Outcome wrong = await cli.RunAsync(["api", "folders", "roles", "grant", "pay", "ann@example.com", "boss"]);
        Assert.Equal(2, wrong.ExitCode);
        Assert.Contains("VIEWER, RUNNER, EDITOR", wrong.Error, StringComparison.Ordinal);
    }
}
