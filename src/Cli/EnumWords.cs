using System.Text;

namespace Orbit.Cli;

/// <summary>Names of the contract's enums as REST writes them: <c>TESTS_FAILED</c>, without the enum's own name before it.</summary>
internal static class EnumWords
{
    /// <summary>Empty for the zero value, which never means anything.</summary>
    public static string Of<T>(T value)
        where T : struct, Enum => Convert.ToInt32(value, null) == 0 ? "" : Upper(value.ToString());

    /// <summary>Reads a name in any case, with or without the enum's own name before it, with <c>-</c> or <c>_</c>.</summary>
    public static T Parse<T>(string text)
        where T : struct, Enum
    {
        string wanted = text.Trim().ToUpperInvariant().Replace('-', '_');
        string prefix = Upper(typeof(T).Name) + "_";
        foreach (T value in Enum.GetValues<T>())
        {
            string name = Of(value);
            if (name.Length > 0 && (wanted == name || wanted == prefix + name))
            {
                return value;
            }
        }

        IEnumerable<string> allowed = Enum.GetValues<T>().Select(Of).Where(name => name.Length > 0);
        throw new UsageException($"'{text}' is none of {string.Join(", ", allowed)}");
    }

    /// <summary><c>TestsFailed</c> → <c>TESTS_FAILED</c>.</summary>
    public static string Upper(string camel)
    {
        var text = new StringBuilder(camel.Length + 4);
        for (int i = 0; i < camel.Length; i++)
        {
            if (i > 0 && char.IsUpper(camel[i]) && !char.IsUpper(camel[i - 1]))
            {
                text.Append('_');
            }

            text.Append(char.ToUpperInvariant(camel[i]));
        }

        return text.ToString();
    }
}
