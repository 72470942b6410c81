using System.CommandLine;
using Orbit.Cli.Commands;
using Orbit.Cli.Output;
using Orbit.Contracts.V1;

namespace Orbit.Cli.ApiTests;

/// <summary><c>api folders roles list|grant|revoke</c>: who may do what with the API tests of a folder.</summary>
internal static class FolderRoleCliCommands
{
    /// <summary>Stands for all folders, as the empty name is hard to type.</summary>
    private const string All = "/";

    public static Command Folders(CommandRunner runner)
    {
        var roles = new Command("roles", "Who may do what with the cases of a folder.");
        roles.Subcommands.Add(List(runner));
        roles.Subcommands.Add(Grant(runner));
        roles.Subcommands.Add(Revoke(runner));
        var folders = new Command("folders", "Folders of a server's API tests.");
        folders.Subcommands.Add(roles);
        return folders;
    }

    private static Command List(CommandRunner runner)
    {
        Option<string> folder = Inputs.Text("--folder", "Of this folder and what is below it; / is all of them.", "FOLDER");
        return runner.On(new Command("list", "List roles by folder and person. A folder without entries follows the one above; without any it is open.") { folder }, async context =>
        {
            ListFolderRolesResponse answer = await context.Server.FolderRoles.ListFolderRolesAsync(new(), context.Server.Call(context.Stop));
            string wanted = Clean(context.Get(folder) ?? All);
            var chosen = new ListFolderRolesResponse();
            chosen.Entries.Add(answer.Entries.Where(e => wanted.Length == 0 || e.Folder == wanted || e.Folder.StartsWith(wanted + "/", StringComparison.Ordinal)));
            context.Report.Show(chosen, () => context.Report.Columns(
                ["FOLDER", "PERSON", "ROLE", "BY"], [.. chosen.Entries.Select(e => new Span[] { Name(e.Folder), e.Person, Word(e.Role), e.UpdatedBy })]));
        });
    }

    private static Command Grant(CommandRunner runner)
    {
        (Argument<string> folder, Argument<string> person) = Entry();
        Argument<string> role = Inputs.Name("ROLE", "viewer, runner or editor; each may do what those before it may.");
        return runner.On(new Command("grant", "Give a person a role in a folder and all below, in place of the one that he had.") { folder, person, role }, async context =>
        {
            var request = new PutFolderRoleRequest { Folder = Clean(context.Get(folder)!), Person = context.Get(person), Role = EnumWords.Parse<FolderRole>(context.Get(role)!) };
            FolderRoleEntry entry = await context.Server.FolderRoles.PutFolderRoleAsync(request, context.Server.Call(context.Stop));
            context.Report.Show(entry, () => context.Report.Line($"{entry.Person} is {Word(entry.Role)} of {Name(entry.Folder)}"));
        });
    }

    private static Command Revoke(CommandRunner runner)
    {
        (Argument<string> folder, Argument<string> person) = Entry();
        return runner.On(new Command("revoke", "Take a person's entry for a folder away.") { folder, person }, async context =>
        {
            var request = new DeleteFolderRoleRequest { Folder = Clean(context.Get(folder)!), Person = context.Get(person) };
            DeleteFolderRoleResponse answer = await context.Server.FolderRoles.DeleteFolderRoleAsync(request, context.Server.Call(context.Stop));
            context.Report.Show(answer, () => context.Report.Line($"{request.Person} has no entry for {Name(request.Folder)} any more"));
        });
    }

    private static (Argument<string> Folder, Argument<string> Person) Entry() =>
        (Inputs.Name("FOLDER", "The folder, as pay/cards; / is all of them."), Inputs.Name("PERSON", "Address of the person; '*' is everybody without an entry of his own there."));

    private static string Clean(string folder) => folder.Trim('/');

    private static string Name(string folder) => folder.Length == 0 ? All : folder;

    private static string Word(FolderRole role) => EnumWords.Of(role).ToLowerInvariant();
}
