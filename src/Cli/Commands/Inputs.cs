using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Orbit.Cli.Commands;

/// <summary>Options and arguments of the kinds that many commands take, with errors in the caller's words.</summary>
internal static class Inputs
{
    public static Option<string> Text(string name, string help, string valueName) => new(name) { Description = help, HelpName = valueName };

    public static Option<string[]> Many(string name, string help, string valueName) =>
        new(name) { Description = help, HelpName = valueName, Arity = ArgumentArity.OneOrMore };

    public static Option<long?> Number(string name, string help, string valueName, long least = 0, long most = long.MaxValue) =>
        new(name) { Description = help, HelpName = valueName, CustomParser = result => ParseNumber(result, name, least, most) };

    public static Option<bool> Flag(string name, string help) => new(name) { Description = help };

    public static Argument<string> Name(string name, string help) => new(name) { Description = help };

    public static Argument<long> Id(string name, string help) => new(name)
    {
        Description = help,
        CustomParser = result => ParseNumber(result, name, 1, long.MaxValue) ?? 0,
    };

    /// <summary><c>key=value</c> pairs; a value may hold further <c>=</c>.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Pairs(string[]? texts, string option)
    {
        foreach (string text in texts ?? [])
        {
            int at = text.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0)
            {
                throw new UsageException($"{option} takes KEY=VALUE, not '{text}'");
            }

            yield return new(text[..at], text[(at + 1)..]);
        }
    }

    private static long? ParseNumber(ArgumentResult result, string name, long least, long most)
    {
        string text = result.Tokens.Count > 0 ? result.Tokens[^1].Value : "";
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) && number >= least && number <= most)
        {
            return number;
        }

        string range = most == long.MaxValue ? $"a number from {least} on" : $"a number from {least} to {most}";
        result.AddError($"{name} takes {range}, not '{text}'");
        return null;
    }
}
