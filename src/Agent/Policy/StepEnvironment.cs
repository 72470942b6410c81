using System.Text;
using System.Text.RegularExpressions;
using Orbit.Agent.Processes;

namespace Orbit.Agent.Policy;

/// <summary>
/// The whole environment of a step: a fixed base, what the parameter set gives, what the agent adds. Nothing of the agent's own environment
/// is passed on, so neither its secrets nor its proxies reach a tested package.
/// </summary>
internal static partial class StepEnvironment
{
    /// <summary>Where programs are looked for, whatever the agent's own PATH is.</summary>
    public const string SafePath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private const int MaxVariableBytes = 100 * 1024; // the kernel takes 128 KiB for name and value
    private const int MaxTotalBytes = 1024 * 1024;

    /// <summary>Each makes a loader, shell or interpreter run or read something of the setter's choice, or belongs to the agent.</summary>
    private static readonly HashSet<string> Refused = new(StringComparer.Ordinal)
    {
        "PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "PWD", "OLDPWD",
        "ENV", "IFS", "CDPATH", "SHELLOPTS", "BASHOPTS", "PS4", "PROMPT_COMMAND", "GLOBIGNORE", "FPATH", "ZDOTDIR",
        "PYTEST_ADDOPTS", "PYTEST_PLUGINS",
        "PERL5LIB", "PERL5OPT", "PERL5DB", "PERLLIB", "RUBYLIB", "RUBYOPT", "NODE_OPTIONS", "NODE_PATH", "LUA_PATH", "LUA_CPATH", "LUA_INIT",
        "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS", "CLASSPATH", "PHPRC", "PHP_INI_SCAN_DIR",
        "EDITOR", "VISUAL", "PAGER", "BROWSER", "LESSOPEN", "LESSCLOSE", "SYSTEMD_EDITOR", "SYSTEMD_PAGER",
        "GCONV_PATH", "GLIBC_TUNABLES", "LOCPATH", "NLSPATH", "HOSTALIASES", "LOCALDOMAIN", "RES_OPTIONS", "GETCONF_DIR", "RESOLV_HOST_CONF",
        "OPENSSL_CONF", "OPENSSL_ENGINES", "OPENSSL_MODULES", "SSLKEYLOGFILE",
    };

    private static readonly string[] RefusedPrefixes = ["LD_", "GIT_", "ORBIT_", "BASH_", "PYTHON", "DOTNET_", "COMPlus_", "CORECLR_", "MALLOC_"];

    private static readonly HashSet<string> Harmless = new(StringComparer.Ordinal)
    {
        "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "PYTHONIOENCODING", "PYTHONUTF8", "PYTHONHASHSEED", "PYTHONFAULTHANDLER", "PYTHONASYNCIODEBUG",
    };

    /// <summary>Puts the environment together. Later layers win over earlier ones; the agent's own variables win over all.</summary>
    /// <param name="user">Whom the step runs as.</param>
    /// <param name="temporaryDirectory">A directory of the step's own, writable by that user.</param>
    /// <param name="layers">Variables of the parameter set: for all scripts first, then for this step.</param>
    /// <param name="own">Variables that the agent sets itself; not limited.</param>
    /// <exception cref="PolicyRefusal">A layer names a variable that may not be set.</exception>
    public static IReadOnlyDictionary<string, string> Build(
        StepUser user, string temporaryDirectory, IEnumerable<IReadOnlyDictionary<string, string>> layers, IReadOnlyDictionary<string, string>? own = null)
    {
        Dictionary<string, string> environment = new(StringComparer.Ordinal)
        {
            ["PATH"] = SafePath,
            ["HOME"] = user.Home,
            ["USER"] = user.Name,
            ["LOGNAME"] = user.Name,
            ["LANG"] = "C.UTF-8",
            ["TMPDIR"] = temporaryDirectory,
        };
        foreach ((string name, string value) in layers.SelectMany(layer => layer))
        {
            RequireVariable(name, value);
            environment[name] = value;
        }

        foreach ((string name, string value) in own ?? new Dictionary<string, string>())
        {
            environment[name] = value;
        }

        int total = environment.Sum(variable => Encoding.UTF8.GetByteCount(variable.Key) + Encoding.UTF8.GetByteCount(variable.Value) + 2);
        return total <= MaxTotalBytes
            ? environment
            : throw new PolicyRefusal(PolicyRefusal.VariableNotAllowed, $"The variables are {total} bytes together; {MaxTotalBytes} is the most.");
    }

    /// <summary>Refuses a variable that a parameter set may not give to a script or test.</summary>
    public static void RequireVariable(string name, string value)
    {
        if (!Name().IsMatch(name))
        {
            throw new PolicyRefusal(PolicyRefusal.VariableNotAllowed, $"'{name}' is no name of an environment variable: letters, digits and underscores, not beginning with a digit.");
        }

        if (Refused.Contains(name) || (RefusedPrefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal)) && !Harmless.Contains(name)))
        {
            throw new PolicyRefusal(PolicyRefusal.VariableNotAllowed, $"The environment variable {name} may not be set: it changes which programs or modules are run, or belongs to the agent.");
        }

        if (value.Contains('\0', StringComparison.Ordinal))
        {
            throw new PolicyRefusal(PolicyRefusal.VariableNotAllowed, $"The environment variable {name} holds a NUL character.");
        }

        if (Encoding.UTF8.GetByteCount(value) > MaxVariableBytes)
        {
            throw new PolicyRefusal(PolicyRefusal.VariableNotAllowed, $"The environment variable {name} is longer than {MaxVariableBytes} bytes.");
        }
    }

    /// <summary>Full path of a program in <see cref="SafePath"/>; null when there is none.</summary>
    public static string? FindProgram(string name) =>
        SafePath.Split(':').Select(directory => Path.Combine(directory, name)).FirstOrDefault(File.Exists);

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*\\z")]
    private static partial Regex Name();
}
