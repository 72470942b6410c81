using System.Runtime.InteropServices;
using System.Text.Json;

namespace Orbit.Agent.Policy;

/// <summary>What a policy file says; absent keys are null.</summary>
internal sealed record PolicyFileContent
{
    /// <summary>Name of the host for locks; agents of one host share it.</summary>
    public string? Host { get; init; }

    /// <summary>Directories that plans may touch.</summary>
    public IReadOnlyList<string> Roots { get; init; } = [];

    /// <summary>See <see cref="CommandPattern"/>.</summary>
    public IReadOnlyList<CommandPattern>? Commands { get; init; }

    /// <summary>The program that runs scripts of Postman; absolute.</summary>
    public string? PostmanScript { get; init; }

    /// <summary>Login name of the user that steps run as.</summary>
    public string? RunAs { get; init; }

    /// <summary>Bytes of output kept of one step.</summary>
    public long? MaxLogBytes { get; init; }

    /// <summary>Deploy tests at a time.</summary>
    public int? Slots { get; init; }

    /// <summary>API tests at a time.</summary>
    public int? ApiSlots { get; init; }
}

/// <summary>Reads a policy file, strictly: a misspelt key must not quietly mean "not limited".</summary>
internal static partial class PolicyFile
{
    private const int GroupOrOthersWrite = 0b010_010; // octal 022
    private const int Sticky = 0b1_000_000_000; // octal 1000
    private static readonly string[] Keys = ["host", "roots", "commands", "postman_script", "run_as", "max_log", "slots", "api_slots"];

    /// <exception cref="PolicyRefusal">Unsafe or invalid; the message names the file, the key and what is allowed.</exception>
    public static PolicyFileContent Read(string path)
    {
        string real = RealPath.Of(Path.GetFullPath(path)) ?? throw Invalid(path, "its links go in circles");
        RequireSafe(real);
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(real), new JsonDocumentOptions
            {
                AllowDuplicateProperties = false,
                AllowTrailingCommas = true,
                CommentHandling = JsonCommentHandling.Skip,
            });
            return Interpret(path, document.RootElement);
        }
        catch (JsonException broken)
        {
            throw Invalid(path, $"it is no valid JSON: {broken.Message}");
        }
    }

    private static PolicyFileContent Interpret(string path, JsonElement root)
    {
        if (root.ValueKind is not JsonValueKind.Object)
        {
            throw Invalid(path, "it must hold one JSON object");
        }

        foreach (JsonProperty property in root.EnumerateObject())
        {
            if (!Keys.Contains(property.Name))
            {
                throw Invalid(path, $"the key '{property.Name}' is unknown; known are {string.Join(", ", Keys)}");
            }
        }

        return new PolicyFileContent
        {
            Host = Text(path, root, "host"),
            RunAs = Text(path, root, "run_as"),
            PostmanScript = Text(path, root, "postman_script") is { } program ? Program(path, program) : null,
            Roots = [.. Texts(path, root, "roots")?.Select(text => Root(path, text)) ?? []],
            Commands = Texts(path, root, "commands")?.Select(text => CommandPattern.Parse(text)
                ?? throw Invalid(path, $"'{text}' in commands does not begin with the full path of a program")).ToList(),
            MaxLogBytes = Number(path, root, "max_log", 1024, 1L << 40),
            Slots = (int?)Number(path, root, "slots", 0, 256),
            ApiSlots = (int?)Number(path, root, "api_slots", 0, 4096),
        };
    }

    private static string Program(string path, string program) =>
        program.StartsWith('/') && program.AsSpan().IndexOfAny(" *?\\") < 0
            ? program
            : throw Invalid(path, $"postman_script '{program}' must be the full path of a program, without blanks, '*', '?' and backslashes");

    private static string Root(string path, string root) =>
        RealPath.Of(root) is string real && real != "/"
            ? root
            : throw Invalid(path, $"'{root}' in roots must be an absolute path without '..', and not '/'");

    private static string? Text(string path, JsonElement root, string key) =>
        !root.TryGetProperty(key, out JsonElement value) ? null
        : value.ValueKind is JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text
        : throw Invalid(path, $"{key} must be a text that is not empty");

    private static List<string>? Texts(string path, JsonElement root, string key)
    {
        if (!root.TryGetProperty(key, out JsonElement value))
        {
            return null;
        }

        return value.ValueKind is JsonValueKind.Array && value.EnumerateArray().All(item => item.ValueKind is JsonValueKind.String)
            ? [.. value.EnumerateArray().Select(item => item.GetString()!)]
            : throw Invalid(path, $"{key} must be a list of texts");
    }

    private static long? Number(string path, JsonElement root, string key, long least, long most) =>
        !root.TryGetProperty(key, out JsonElement value) ? null
        : value.ValueKind is JsonValueKind.Number && value.TryGetInt64(out long number) && number >= least && number <= most ? number
        : throw Invalid(path, $"{key} must be a whole number from {least} to {most}");

    private static PolicyRefusal Invalid(string path, string what) =>
        new(PolicyRefusal.FileInvalid, $"The policy file {path} cannot be used: {what}.");

    /// <summary>Whoever can change the file, or put another in its place, could lift every limit in it.</summary>
    private static void RequireSafe(string path)
    {
        (uint owner, int mode) = Status(path);
        (uint directoryOwner, int directoryMode) = Status(Path.GetDirectoryName(path)!);
        uint self = HostUsers.Own().Uid;
        string? danger =
            owner != 0 && owner != self ? $"it belongs to user {owner}, not to root or to the agent's user"
            : (mode & GroupOrOthersWrite) != 0 ? "its group or others may write to it (chmod go-w)"
            : directoryOwner != 0 && directoryOwner != self ? $"its directory belongs to user {directoryOwner}"
            : (directoryMode & GroupOrOthersWrite) != 0 && (directoryMode & Sticky) == 0 ? "others may write to its directory and put another file in its place"
            : null;
        if (danger is not null)
        {
            throw new PolicyRefusal(PolicyRefusal.FileUnsafe, $"The policy file {path} is not used: {danger}.");
        }
    }

    private static (uint Owner, int Mode) Status(string path)
    {
        Span<byte> status = stackalloc byte[256];
        if (FileStatus(-100 /* AT_FDCWD */, path, 0, 0x7FF /* STATX_BASIC_STATS */, status) != 0)
        {
            throw Invalid(path, Marshal.GetLastPInvokeErrorMessage());
        }

        return (BitConverter.ToUInt32(status[20..]), BitConverter.ToUInt16(status[28..]) & 0xFFF);
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int FileStatus(int directory, string path, int flags, uint mask, Span<byte> status);
}
