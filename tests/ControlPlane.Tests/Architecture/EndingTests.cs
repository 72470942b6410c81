using System.Text.RegularExpressions;

namespace Orbit.ControlPlane.Tests.Architecture;

/// <summary>
/// Roles are file endings: what a file may know follows from its name. <c>docs/decisions/0020-file-endings.md</c> holds the same lists in words.
/// </summary>
public sealed class EndingTests
{
    [Theory]
    [InlineData("src/ControlPlane", "Grpc", "GrpcService|Interceptor|Stream|OpenStreams|Module", "Admission|Caller|MethodAccess", "Platform/Rest", "only the edge knows gRPC")]
    [InlineData("src/ControlPlane", "Orbit.Contracts", "GrpcService|Mapping|Ingest|Builder|Stream", "Admission|AgentSession|MethodAccess|PlanSteps|Placer|ReportCommands|RerunCommands|ResultFile|RunCommands|RunContactPass|RunFinish", "Gateway", "wire types stop at the edge")]
    [InlineData("src/ControlPlane", "Microsoft.EntityFrameworkCore", "Configuration|Queries|Commands|Ingest|Pass|Entry|Rows?|Views?|Sequencer|Module", "AgentGrpcService|ArtifactEndpoints|DiagnosticsGrpcService|Dispatcher|FeedReader|ReportBuilder|ReportResults|ResultFile|RunCompletion|RunFinish|RunLogs|RunWatch|SessionGate|SessionOpening|SettingGrpcService|SettingsSnapshot|WatchGrpcService", "Storage", "rules do not know the database")]
    [InlineData("src/ControlPlane", "Npgsql", "(?!)", "(?!)", "Storage", "both databases look alike outside Storage")]
    [InlineData("src/ControlPlane", "Microsoft.Data.Sqlite", "(?!)", "(?!)", "Storage", "both databases look alike outside Storage")]
    [InlineData("src/Agent", "Grpc", "(?!)", "(?!)", "Link", "only the link connects")]
    [InlineData("src/Agent", "Orbit.Contracts", "(?!)", "Enrolment", "Link|Plans|Steps", "packages, archives, processes, policy and journal do not know the wire")]
    public void Only_files_of_the_right_ending_or_folder_use_it(string project, string library, string endings, string named, string folders, string why)
    {
        IReadOnlyList<SourceFile> files = Sources.CSharp(project);
        SourceFile[] users = [.. files.Where(file => file.Uses(library))];
        IEnumerable<SourceFile> offenders = users
            .Where(file => !Regex.IsMatch(file.Name, $"(?:{endings})$"))
            .Where(file => !Regex.IsMatch(file.Name, $"^(?:{named})$"))
            .Where(file => !Regex.IsMatch(file.Path, $"^{Regex.Escape(project)}/(?:{folders})/"));

        Assert.True(users.Length > 0, $"Nothing in {project} uses {library} any more.");
        Assert.True(!offenders.Any(), $"{library}: {why}. Not allowed in {string.Join(", ", offenders)}");
    }

    /// <summary>The files that decide: with these nothing but the language is needed to think, or to test.</summary>
    [Theory]
    [InlineData("src/ControlPlane/Runs", "Run|RunLifecycle|RunParts|RunStates")]
    [InlineData("src/ControlPlane/Scheduling", "WorkItem")]
    [InlineData("src/ControlPlane/Agents", "Agent|AgentKey")]
    [InlineData("src/ControlPlane/Builds", "Build|BuildFacts")]
    [InlineData("src/ControlPlane/JobVersions", "JobVersion")]
    [InlineData("src/ControlPlane/ParameterSets", "DeployParameters|ParameterObject|ParameterOverrides|ParameterReader|ParameterRules|ParameterSet|Templates")]
    [InlineData("src/ControlPlane/TestItems", "TestItem|TestItemFacts")]
    [InlineData("src/ControlPlane/Access", "EmailAddress|Session")]
    [InlineData("src/ControlPlane/Settings", "Setting|SettingCatalog")]
    [InlineData("src/ControlPlane/Platform", "GlobRule|TextRule")]
    [InlineData("src/ControlPlane/Reports", "Report")]
    [InlineData("src/ControlPlane/Logs", "LogGrep|StepLog")]
    [InlineData("src/Agent/Link", "Backoff|Lease")]
    [InlineData("src/Agent/Plans", "Slots")]
    [InlineData("src/Agent/Pytest", "PytestCounts|PytestVerdict")]
    [InlineData("src/Agent/Archives", "ArchiveName")]
    [InlineData("src/Agent/Packages", "PackageLocation")]
    public void A_rule_needs_the_language_and_nothing_else(string folder, string names)
    {
        SourceFile[] rules = [.. names.Split('|').Select(name => Sources.Read($"{folder}/{name}.cs"))];
        IEnumerable<string> wrong =
            from file in rules
            from used in file.Usings
            where !Sources.Lies(used, "System") && !Sources.Lies(used, "Orbit.Shared") && used != "Orbit.ControlPlane.Platform"
            where (file.Name, used) is not ("Run", "Orbit.ControlPlane.Storage") // the day that its rows are partitioned by
            select $"{file} uses {used}";

        Assert.Empty(string.Join("; ", wrong));
    }

    /// <summary>Project references decide what a program can see at all.</summary>
    [Theory]
    [InlineData("Contracts", "")]
    [InlineData("ApiTesting", "")]
    [InlineData("ControlPlane", "Contracts,ApiTesting")]
    [InlineData("Agent", "Contracts,ApiTesting")]
    [InlineData("Cli", "Contracts,ApiTesting")]
    public void A_program_sees_the_contract_and_no_other_program(string project, string allowed)
    {
        string[] seen =
        [
            .. Regex.Matches(Sources.Read($"src/{project}/Orbit.{project}.csproj").Text, "<ProjectReference Include=\"([^\"]+)\"")
                .Select(reference => Path.GetRelativePath(Sources.Root, Path.GetFullPath(Path.Combine(Sources.Root, "src", project, reference.Groups[1].Value))))
                .Where(path => !path.StartsWith("src/Grpc/", StringComparison.Ordinal))
                .Select(path => path.Split('/')[1]),
        ];
        string[] others = [.. new[] { "ControlPlane", "Agent", "Cli" }.Where(other => other != project).Select(other => $"Orbit.{other}")];

        Assert.Equal(allowed, string.Join(',', seen));
        Assert.Empty(string.Join(", ", Sources.CSharp($"src/{project}").Where(file => others.Any(file.Uses))));
    }

    [Fact]
    public void Tests_see_programs_and_their_support_but_no_other_tests()
    {
        IEnumerable<string> wrong =
            from project in Sources.Files("tests").Where(path => path.EndsWith(".csproj", StringComparison.Ordinal))
            from Match reference in Regex.Matches(Sources.Read(project).Text, "<ProjectReference Include=\"([^\"]+)\"")
            let path = Path.GetRelativePath(Sources.Root, Path.GetFullPath(Path.Combine(Sources.Root, Path.GetDirectoryName(project)!, reference.Groups[1].Value)))
            where path.StartsWith("tests/", StringComparison.Ordinal) && !path.StartsWith("tests/Support/", StringComparison.Ordinal)
            select $"{project} sees {path}";

        Assert.Empty(string.Join("; ", wrong));
    }
}
