namespace Orbit.Agent.Pytest;

/// <summary>The environment variables that make any pytest below the test command load the plugin and report.</summary>
internal static class PytestEnvironment
{
    /// <summary>
    /// Variables to set over <paramref name="existing"/>, whose own PYTHONPATH and PYTEST_PLUGINS are kept. An empty
    /// value undoes what the agent may have inherited itself.
    /// </summary>
    /// <param name="pluginDirectory">Where <see cref="PytestFiles.Install"/> wrote.</param>
    /// <param name="eventsFile">The file that gets the events; a fresh one an attempt, creatable by the step's user.</param>
    /// <param name="allureDirectory">The directory that gets Allure results, fresh and writable by that user; null for none.</param>
    /// <param name="selectionFile">What <see cref="PytestFiles.WriteSelection"/> wrote; null to run all tests.</param>
    /// <param name="existing">The environment that the step would have without this.</param>
    public static IReadOnlyDictionary<string, string> For(
        string pluginDirectory,
        string eventsFile,
        string? allureDirectory,
        string? selectionFile,
        IReadOnlyDictionary<string, string> existing) => new Dictionary<string, string>
        {
            ["PYTHONPATH"] = Join(Path.PathSeparator, pluginDirectory, existing.GetValueOrDefault("PYTHONPATH")),
            ["PYTEST_PLUGINS"] = Join(',', PytestFiles.Module, existing.GetValueOrDefault("PYTEST_PLUGINS")),
            ["ORBIT_PYTEST_EVENTS"] = Path.GetFullPath(eventsFile),
            ["ORBIT_ALLURE_DIR"] = allureDirectory is null ? "" : Path.GetFullPath(allureDirectory),
            ["ORBIT_PYTEST_SELECT"] = selectionFile is null ? "" : Path.GetFullPath(selectionFile),
            ["ORBIT_PYTEST_OWNER"] = "",
        };

    /// <summary>An empty part is left out: in PYTHONPATH it would mean the working directory.</summary>
    private static string Join(char separator, string ours, string? theirs) => string.Join(
        separator,
        (theirs ?? "").Split(separator, StringSplitOptions.RemoveEmptyEntries).Where(each => each != ours).Prepend(ours));
}
