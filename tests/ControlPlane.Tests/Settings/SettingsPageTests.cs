using System.Text.RegularExpressions;
using Orbit.ControlPlane.Settings;
using Orbit.ControlPlane.Tests.Architecture;

namespace Orbit.ControlPlane.Tests.Settings;

/// <summary>The operations guide lists every setting with its default, and every option of the agent.</summary>
public sealed class SettingsPageTests
{
    private static readonly string Guide = File.ReadAllText(Path.Combine(Sources.Root, "docs/operations.md"));

    [Fact]
    public void The_guide_has_every_setting_with_its_default_and_meaning()
    {
        IEnumerable<string> rows = SettingCatalog.All.Values.Select(setting =>
        {
            string value = setting.DefaultJson.ToString();
            return $"| `{setting.Key}` | {(value.Length == 0 ? "empty" : value)} | {setting.Description} |";
        });

        Assert.Equal("", string.Join('\n', rows.Where(row => !Guide.Contains(row, StringComparison.Ordinal))));
    }

    [Fact]
    public void The_guide_names_every_option_of_the_agent()
    {
        MatchCollection options = Regex.Matches(Sources.Read("src/Agent/AgentCommandLine.cs").Text, "new\\(\"(--[a-z-]+)\"\\)");

        Assert.True(options.Count > 10, "The pattern does not fit the code any more.");
        Assert.Empty(string.Join(", ", options.Select(option => option.Groups[1].Value).Where(option => !Guide.Contains($"`{option}", StringComparison.Ordinal))));
    }
}
