using System.CommandLine;
using System.Reflection;

namespace Orbit.Cli.Commands;

/// <summary>The tree of commands.</summary>
internal static class OrbitCommandLine
{
    public static RootCommand Build(Shell shell)
    {
        var options = new GlobalOptions();
        var runner = new CommandRunner(shell, options);
        var root = new RootCommand(
            "Orbit: deploy a build, test it, see what came of it.\n\n"
            + "Exit codes: 0 passed or done, 1 tests failed or none found, 2 wrong usage or refused, 3 the run failed,\n"
            + "4 cancelled or timed out, 5 unknown or contact lost, 6 server not reachable or sign-in refused.")
        {
            options.Server,
            options.Json,
        };
        IEnumerable<Command> commands =
        [
            .. SignInCommands.All(runner),
            .. BuildCommands.All(runner),
            .. ItemCommands.All(runner),
            ParameterCommands.Params(runner),
            .. TriggerCommands.All(runner),
            DeployCommands.Deploy(runner),
            .. RunCommands.All(runner),
            LogCommand.Logs(runner),
            .. AgentCommands.All(runner),
            InventoryCommands.Inventory(runner),
            TrustCommands.All(runner),
            .. JobVersionCommands.All(runner),
            SettingCommands.Settings(runner),
            DoctorCommands.Doctor(runner),
            .. BackupCommands.All(runner),
            ApiTests.ApiCommands.Api(runner),
            .. ApiTests.BatchCliCommands.All(runner),
            Version(shell),
        ];
        foreach (Command command in commands)
        {
            root.Subcommands.Add(command);
        }

        return root;
    }

    private static Command Version(Shell shell)
    {
        var version = new Command("version", "Print this program's version.");
        version.SetAction(_ => shell.Output.WriteLine(
            $"orbit {typeof(OrbitCommandLine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion}"));
        return version;
    }
}
