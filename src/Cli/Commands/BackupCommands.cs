using System.CommandLine;
using System.Diagnostics;
using Grpc.Core;
using Orbit.Contracts.V1;

namespace Orbit.Cli.Commands;

/// <summary><c>backup</c> and <c>restore</c>.</summary>
internal static class BackupCommands
{
    private const string Server = "orbit-control-plane";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public static IEnumerable<Command> All(CommandRunner runner) => [Backup(runner), Restore(runner)];

    private static Command Backup(CommandRunner runner)
    {
        Argument<string> file = Inputs.Name("FILE", "Where to; must not exist. It holds secrets.");
        return runner.On(new Command("backup", "Fetch a backup of the control plane while it works: database, reports, keys.") { file }, async context =>
        {
            string path = context.Get(file);
            if (File.Exists(path))
            {
                throw new UsageException($"{path} is there already", "FILE_EXISTS");
            }

            string beside = path + ".part";
            try
            {
                long bytes = await FetchAsync(context, beside);
                File.Move(beside, path);
                context.Report.Line($"{path}: {bytes} bytes");
            }
            finally
            {
                File.Delete(beside);
            }
        });
    }

    private static async Task<long> FetchAsync(CommandContext context, string path)
    {
        FileStreamOptions options = new() { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = OwnerOnly };
        await using FileStream file = new(path, options);
        using AsyncServerStreamingCall<RawBody> call = context.Server.Backups.TakeBackup(new(), context.Server.Stream(context.Stop));
        await foreach (RawBody part in call.ResponseStream.ReadAllAsync(context.Stop))
        {
            await file.WriteAsync(part.Data.Memory, context.Stop);
        }

        file.Flush(flushToDisk: true);
        return file.Length;
    }

    private static Command Restore(CommandRunner runner)
    {
        Argument<string> file = Inputs.Name("FILE", "A backup.");
        Option<string> program = Inputs.Text("--program", $"The control plane's program; unless given, {Server} on the PATH. A .dll is started with dotnet.", "PATH");
        var settings = new Argument<string[]>("SETTINGS")
        {
            Description = "After --: settings of the server, as on its own command line; what the environment says counts too.",
            Arity = ArgumentArity.ZeroOrMore,
            DefaultValueFactory = _ => [],
        };
        var restore = new Command("restore", "Put a backup onto this machine, whose data directory and database are empty, before the control plane is started.") { file, settings, program };
        return runner.On(restore, async context =>
        {
            string server = context.Get(program) ?? Server;
            string[] words = ["restore", context.Get(file), .. context.Get(settings)];
            bool managed = server.EndsWith(".dll", StringComparison.Ordinal);
            try
            {
                using Process process = Process.Start(managed ? new ProcessStartInfo("dotnet", [server, .. words]) : new ProcessStartInfo(server, words))!;
                await process.WaitForExitAsync(context.Stop);
                return process.ExitCode == 0 ? ExitCodes.Passed : ExitCodes.WrongUsage;
            }
            catch (System.ComponentModel.Win32Exception missing)
            {
                throw new UsageException($"cannot start {server}: {missing.Message}; name it with --program", "PROGRAM_MISSING");
            }
        });
    }
}
