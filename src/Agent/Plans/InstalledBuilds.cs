using System.Text.Json;
using Google.Protobuf;
using Orbit.Agent.Identity;
using Orbit.Agent.Steps;
using Orbit.Contracts.V1;

namespace Orbit.Agent.Plans;

/// <summary>Keeps what the agent has installed of each service, below the data directory.</summary>
internal sealed class InstalledBuilds(string dataDirectory)
{
    private const int Depth = 20;

    /// <summary>What is installed of a service; <see langword="null"/> when this agent has not installed it.</summary>
    public InstalledBuild? Find(string service) => service.Length > 0 && File.Exists(PathOf(service))
        ? JsonSerializer.Deserialize(File.ReadAllBytes(PathOf(service)), PlansJson.Default.InstalledBuild)
        : null;

    /// <summary>Everything that this agent has installed.</summary>
    public IReadOnlyList<InstalledBuild> All() => Directory.Exists(Folder)
        ? [.. Directory.EnumerateFiles(Folder, "*.json").Order(StringComparer.Ordinal).Select(Read).OfType<InstalledBuild>()]
        : [];

    /// <summary>Records what is installed now; durable when it returns.</summary>
    public void Save(InstalledBuild build) =>
        PrivateFile.Write(PathOf(build.Service), JsonSerializer.SerializeToUtf8Bytes(build with { Before = Shortened(build.Before, Depth) }, PlansJson.Default.InstalledBuild));

    /// <summary>Nothing is installed any more.</summary>
    public void Remove(string service) => File.Delete(PathOf(service));

    /// <summary>The record of what a plan has installed.</summary>
    public static InstalledBuild RecordOf(DeployWork work, string manifestHash, string backup, DateTimeOffset now, InstalledBuild? before) =>
        new(work.Service, work.BuildId, work.BuildName, work.RunId, manifestHash, now, backup, work.ToByteString().ToBase64(), before);

    /// <summary>The deployment behind a record.</summary>
    public static DeployWork WorkOf(InstalledBuild build) => DeployWork.Parser.ParseFrom(ByteString.FromBase64(build.Work));

    /// <summary>Refuses a plan that was made for another build than what is installed.</summary>
    /// <exception cref="StepRefusal">HOST_HAS_OTHER_BUILD.</exception>
    public void RequireExpected(DeployWork work)
    {
        if (work.ExpectedBuildId == 0 || Find(work.Service) is { } found && found.BuildId == work.ExpectedBuildId)
        {
            return;
        }

        string there = Find(work.Service) is { } other ? $"{other.BuildName} (build {other.BuildId}, run {other.RunId})" : "nothing that this agent has installed";
        throw new StepRefusal(FailureClass.Infrastructure, "HOST_HAS_OTHER_BUILD", $"The plan is for build {work.ExpectedBuildId}, but of {work.Service} this host has {there}.");
    }

    private string Folder => Path.Combine(dataDirectory, "installed");

    /// <returns>None when it was removed at this moment.</returns>
    private static InstalledBuild? Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), PlansJson.Default.InstalledBuild);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    private string PathOf(string service)
    {
        string name = Uri.EscapeDataString(service);
        return Path.Combine(Folder, (name is "." or ".." ? $"%2E{name[1..]}" : name) + ".json");
    }

    private static InstalledBuild? Shortened(InstalledBuild? build, int depth) =>
        build is null || depth == 0 ? null : build with { Before = Shortened(build.Before, depth - 1) };
}
