using System.Reflection;
using Microsoft.Extensions.Configuration;

namespace Orbit.ControlPlane.Tests.Architecture;

/// <summary>appsettings.json is where an operator looks first: it shows every setting of the options classes with the value that it has when unset.</summary>
public sealed class OptionsCoverageTests
{
    /// <summary>Settings that have no value unless somebody gives one.</summary>
    private static readonly string[] WithoutDefault = ["Access:AdminPassword", "Access:WebhookToken"];

    /// <summary>Options that code sets and no operator can.</summary>
    private static readonly string[] SetInCode = ["RestOptions"];

    private static readonly IConfigurationRoot Settings =
        new ConfigurationBuilder().AddJsonFile(Path.Combine(Sources.Root, "src/ControlPlane/appsettings.json")).Build();

    [Fact]
    public void Every_options_class_names_its_section()
    {
        IEnumerable<string> nameless = OptionsClasses().Where(type => SectionOf(type) is null).Select(type => type.Name);

        Assert.Equal(SetInCode, nameless.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_option_stands_in_appsettings_with_its_default()
    {
        List<string> wrong = [];
        int seen = 0;
        foreach (Type type in OptionsClasses().Where(type => SectionOf(type) is not null))
        {
            object unset = Activator.CreateInstance(type)!;
            object shown = Activator.CreateInstance(type)!;
            IConfigurationSection section = Settings.GetSection(SectionOf(type)!);
            section.Bind(shown);
            foreach (PropertyInfo option in type.GetProperties().Where(one => one.CanWrite))
            {
                string name = $"{section.Path}:{option.Name}";
                bool isShown = section.GetSection(option.Name).Value is not null;
                seen++;
                wrong.AddRange((WithoutDefault.Contains(name), isShown, Equals(option.GetValue(unset), option.GetValue(shown))) switch
                {
                    (true, false, _) or (false, true, true) => [],
                    (true, true, _) => [$"{name} is shown, but has no default"],
                    (false, false, _) => [$"{name} is not shown"],
                    (false, true, false) => [$"{name} is shown as {option.GetValue(shown)}, but is {option.GetValue(unset)} when unset"],
                });
            }
        }

        Assert.True(seen > 15, $"Only {seen} options were found.");
        Assert.Empty(string.Join("; ", wrong));
    }

    private static IEnumerable<Type> OptionsClasses() =>
        typeof(ControlPlaneHost).Assembly.GetTypes().Where(type => type.IsClass && type.Name.EndsWith("Options", StringComparison.Ordinal) && type.Namespace?.StartsWith("Orbit.ControlPlane", StringComparison.Ordinal) == true);

    private static string? SectionOf(Type options) => options.GetField("Section", BindingFlags.Public | BindingFlags.Static)?.GetRawConstantValue() as string;
}
