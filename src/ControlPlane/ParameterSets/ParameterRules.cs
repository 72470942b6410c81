using System.Globalization;
using System.Text.RegularExpressions;
using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.ParameterSets;

/// <summary>What single values may look like. Each rule returns what is allowed when the value is not, else null.</summary>
internal static partial class ParameterRules
{
    private const int LongestPath = 1024;
    private const int LongestArgument = 8192;
    private const int LongestVariable = 32_768;

    /// <summary>Names that steer programs, the loader, interpreters or Orbit itself, in upper case.</summary>
    private static readonly HashSet<string> RefusedNames = new(StringComparer.Ordinal)
    {
        "PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "PWD", "OLDPWD",
        "ENV", "IFS", "CDPATH", "SHELLOPTS", "BASHOPTS", "PS4", "PROMPT_COMMAND", "GLOBIGNORE", "FPATH", "ZDOTDIR",
        "NODE_OPTIONS", "NODE_PATH", "RUBYOPT", "RUBYLIB", "LUA_PATH", "LUA_CPATH", "LUA_INIT", "TCLLIBPATH", "AWKPATH",
        "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "CLASSPATH", "PHPRC", "PHP_INI_SCAN_DIR",
        "EDITOR", "VISUAL", "PAGER", "BROWSER", "LESSOPEN", "LESSCLOSE", "SYSTEMD_EDITOR", "SYSTEMD_PAGER",
        "GCONV_PATH", "GLIBC_TUNABLES", "LOCPATH", "NLSPATH", "HOSTALIASES", "LOCALDOMAIN", "RES_OPTIONS", "GETCONF_DIR", "RESOLV_HOST_CONF",
        "OPENSSL_CONF", "OPENSSL_ENGINES", "OPENSSL_MODULES", "SSLKEYLOGFILE",
    };

    /// <summary>The same, by how they begin.</summary>
    private static readonly string[] RefusedBeginnings =
        ["LD_", "DYLD_", "PYTHON", "PYTEST_", "BASH_", "GIT_", "ORBIT_", "PERL", "MALLOC_", "DOTNET_", "COMPLUS_", "CORECLR_", "SSH_", "SUDO_"];

    /// <summary>Begin like refused ones and only change how much an interpreter says or writes.</summary>
    private static readonly HashSet<string> Harmless = new(StringComparer.Ordinal)
    {
        "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "PYTHONIOENCODING", "PYTHONUTF8", "PYTHONHASHSEED", "PYTHONFAULTHANDLER", "PYTHONASYNCIODEBUG",
    };

    /// <summary>Name of a service, for its lock and for directories.</summary>
    public static string? Service(string text) =>
        ServiceName().IsMatch(text) ? null : "a name of 1 to 100 letters, digits, '.', '_' and '-', beginning with a letter or digit";

    /// <summary>A directory: absolute and normalised, never the root.</summary>
    public static string? Directory(string text)
    {
        bool good = text.Length is > 1 and <= LongestPath
            && text[0] == '/'
            && IsPrintable(text)
            && text[1..].Split('/').All(s => s is not ("" or "." or ".."));
        return good ? null : "an absolute directory below '/', without '.', '..', '//' and a slash at the end, e.g. /opt/shop";
    }

    /// <summary>A script below the install directory.</summary>
    public static string? Script(string text)
    {
        bool good = text.Length is > 0 and <= LongestPath
            && text[0] != '-'
            && IsPrintable(text)
            && text.Split('/').All(s => s is not ("" or "." or ".."));
        return good ? null : "a path below install_dir, without '.', '..' and a leading '/' or '-', e.g. scripts/stop.sh";
    }

    /// <summary>Name of a systemd unit.</summary>
    public static string? Unit(string text) =>
        text.Length <= 255 && UnitName().IsMatch(text) ? null : "the name of a systemd unit that ends with .service, .target or .socket, e.g. shop.service";

    /// <summary>An http or https address.</summary>
    public static string? Http(string text)
    {
        bool good = text.Length <= 2048
            && IsPrintable(text)
            && !text.Any(char.IsWhiteSpace)
            && Uri.TryCreate(text, UriKind.Absolute, out Uri? address)
            && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps)
            && address.Host.Length > 0
            && address.UserInfo.Length == 0;
        return good ? null : "an http or https address without user name and password";
    }

    /// <summary><c>host:port</c>.</summary>
    public static string? Tcp(string text)
    {
        Match match = HostAndPort().Match(text);
        bool good = match.Success
            && int.TryParse(match.Groups["port"].Value, NumberStyles.None, CultureInfo.InvariantCulture, out int port)
            && port is >= 1 and <= 65535;
        return good ? null : "host:port with a port of 1 to 65535, e.g. 127.0.0.1:9000 or [::1]:9000";
    }

    /// <summary>A Python interpreter.</summary>
    public static string? Interpreter(string text) =>
        text.StartsWith('/') ? Directory(text) is null ? null : "an absolute path" : ProgramName().IsMatch(text) ? null : "an absolute path or the name of a program, e.g. /usr/bin/python3";

    /// <summary>One argument of a command.</summary>
    public static string? Argument(string text) =>
        text.Length <= LongestArgument && TextRule.IsStorable(text) ? null : $"a text of at most {LongestArgument} characters without NUL";

    /// <summary>Name of a variable. The same rule for the set's and the test's.</summary>
    public static string? VariableName(string name)
    {
        if (!Variable().IsMatch(name))
        {
            return "a variable name: 1 to 128 letters, digits and '_', not beginning with a digit";
        }

        string upper = name.ToUpperInvariant();
        return !Harmless.Contains(name) && (RefusedNames.Contains(upper) || RefusedBeginnings.Any(b => upper.StartsWith(b, StringComparison.Ordinal)))
            ? "another name: this one steers programs and is not allowed"
            : null;
    }

    /// <summary>Value of a variable.</summary>
    public static string? VariableValue(string text) =>
        text.Length <= LongestVariable && TextRule.IsStorable(text) ? null : $"a text of at most {LongestVariable} characters without NUL";

    private static bool IsPrintable(string text) =>
        !text.Any(char.IsControl) && TextRule.IsStorable(text) && text.AsSpan().IndexOfAny('\u2028', '\u2029', '\\') < 0;

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._-]{0,99}\z")]
    private static partial Regex ServiceName();

    [GeneratedRegex(@"\A[A-Za-z0-9_][A-Za-z0-9:_.-]*(@[A-Za-z0-9:_.-]+)?\.(service|target|socket)\z")]
    private static partial Regex UnitName();

    [GeneratedRegex(@"\A(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?):(?<port>[0-9]{1,5})\z")]
    private static partial Regex HostAndPort();

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._+-]{0,99}\z")]
    private static partial Regex ProgramName();

    [GeneratedRegex(@"\A[A-Za-z_][A-Za-z0-9_]{0,127}\z")]
    private static partial Regex Variable();
}
