using System.Reflection;
using System.Runtime.InteropServices;
using Google.Protobuf;
using Orbit.Agent.Identity;
using Orbit.Contracts.V1;

namespace Orbit.Agent.Link;

/// <summary>What the agent says of itself in every session.</summary>
internal sealed class AgentFacts
{
    private const int Protocol = 1;

    /// <summary>The kernel's boot id: another one means that no process of before lives.</summary>
    public static string BootId { get; } = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    /// <summary>Program version.</summary>
    public static string Version { get; } =
        typeof(AgentFacts).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";

    /// <summary>Made anew at every start.</summary>
    public string InstanceId { get; } = Guid.NewGuid().ToString();

    /// <summary>Identity of the host for locks; empty: the agent's name.</summary>
    public required string Host { get; init; }

    /// <summary>Labels from the command line.</summary>
    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    /// <summary>Deploy tests at a time.</summary>
    public required int Slots { get; init; }

    /// <summary>API tests and no-ops at a time.</summary>
    public required int ApiSlots { get; init; }

    /// <summary>Says how much space in bytes is free where the agent keeps its data; null: unknown.</summary>
    public required Func<long?> FreeBytes { get; init; }

    /// <summary>System of its package, such as <c>linux-x64</c>; empty: it cannot exchange its own program.</summary>
    public string System { get; init; } = "";

    /// <summary>SHA-256 of the archive that it was installed from; empty when nobody wrote that down.</summary>
    public string Package { get; init; } = "";

    /// <summary>How long the server may take from the connection to Welcome.</summary>
    public TimeSpan GreetingLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The first message, signed for the nonce of this stream.</summary>
    public AgentHello Hello(AgentIdentity identity, ReadOnlySpan<byte> nonce)
    {
        AgentHello hello = new()
        {
            KeyId = ByteString.CopyFrom(identity.KeyId),
            Signature = ByteString.CopyFrom(identity.Sign(nonce)),
            MinProtocol = Protocol,
            MaxProtocol = Protocol,
            AgentVersion = Version,
            BootId = BootId,
            InstanceId = InstanceId,
            Host = Host,
            Platform = $"{RuntimeInformation.OSDescription} {RuntimeInformation.OSArchitecture}",
            Slots = Slots,
            ApiSlots = ApiSlots,
            System = System,
            PackageSha256 = Package,
        };
        foreach ((string key, string value) in Labels)
        {
            hello.Labels[key] = value;
        }

        return hello;
    }
}
