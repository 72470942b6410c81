using System.CommandLine;
using System.Text.Json.Nodes;
using Google.Protobuf.WellKnownTypes;
using Orbit.Cli.Output;
using Orbit.Contracts.V1;

namespace Orbit.Cli.Commands;

/// <summary><c>settings</c> and <c>settings set</c>.</summary>
internal static class SettingCommands
{
    public static Command Settings(CommandRunner runner)
    {
        var command = new Command("settings", "List what operators can change while the server runs, or change it.");
        command.Subcommands.Add(Set(runner));
        return runner.On(command, async context =>
        {
            ListSettingsResponse answer = await context.Server.Settings.ListSettingsAsync(new(), context.Server.Call(context.Stop));
            context.Report.Show(answer, () => Write(context, answer.Settings));
        });
    }

    private static Command Set(CommandRunner runner)
    {
        var pairs = new Argument<string[]>("KEY VALUE")
        {
            Description = "One or more settings: KEY VALUE, or KEY=VALUE. The value null goes back to the default.",
            Arity = ArgumentArity.OneOrMore,
        };
        return runner.On(new Command("set", "Change settings, all or none.") { pairs }, async context =>
        {
            Dictionary<string, string> wanted = Pairs(context.Get(pairs));
            // Whether 25 is a number or a text is for the setting to say, not for the way it was typed.
            ListSettingsResponse known = await context.Server.Settings.ListSettingsAsync(new(), context.Server.Call(context.Stop));
            Dictionary<string, Setting> settings = known.Settings.ToDictionary(setting => setting.Key);
            var request = new UpdateSettingsRequest { Settings = new Struct() };
            foreach ((string key, string text) in wanted)
            {
                request.Settings.Fields[key] = Typed(text, settings.GetValueOrDefault(key));
            }

            UpdateSettingsResponse answer = await context.Server.Settings.UpdateSettingsAsync(request, context.Server.Call(context.Stop));
            context.Report.Show(answer, () => Write(context, answer.Settings.Where(setting => wanted.ContainsKey(setting.Key))));
        });
    }

    private static Dictionary<string, string> Pairs(string[] words)
    {
        var pairs = new Dictionary<string, string>();
        for (int i = 0; i < words.Length; i++)
        {
            // A setting's key holds no `=`, so the first word with one is a pair of its own.
            int at = words[i].IndexOf('=', StringComparison.Ordinal);
            if (at > 0)
            {
                pairs[words[i][..at]] = words[i][(at + 1)..];
            }
            else if (i + 1 < words.Length)
            {
                pairs[words[i]] = words[++i];
            }
            else
            {
                throw new UsageException($"no value for the setting {words[i]}");
            }
        }

        return pairs;
    }

    private static Value Typed(string text, Setting? setting)
    {
        Value.KindOneofCase kind = setting?.Default?.KindCase ?? setting?.Value?.KindCase ?? Value.KindOneofCase.None;
        JsonNode? typed = JsonText.Typed(text);
        return typed is not null && kind is Value.KindOneofCase.StringValue && typed.GetValueKind() != System.Text.Json.JsonValueKind.String
            ? Value.ForString(text)
            : JsonText.ToValue(typed);
    }

    private static void Write(CommandContext context, IEnumerable<Setting> settings) => context.Report.Columns(
        ["KEY", "VALUE", "DEFAULT", "CHANGED BY", "DESCRIPTION"],
        [.. settings.Select(setting => new Span[]
        {
            setting.Key, setting.Value is null ? "(secret)" : WireJson.Line(setting.Value),
            setting.Default is null ? "" : WireJson.Line(setting.Default), setting.UpdatedBy, setting.Description,
        })]);
}
