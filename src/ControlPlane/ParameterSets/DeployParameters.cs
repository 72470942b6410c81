namespace Orbit.ControlPlane.ParameterSets;

/// <summary>
/// The parameters of a deploy test, read and checked. docs/parameters.md describes every key; <see cref="ParameterReader"/> reads them.
/// </summary>
internal sealed record DeployParameters
{
    /// <summary>The JSON text these were read from.</summary>
    public required string Json { get; init; }

    /// <summary>Locked on its host while a run changes or tests it. Null: none.</summary>
    public string? Service { get; init; }

    /// <summary>Null: a test-only set.</summary>
    public string? InstallDir { get; init; }

    public DeployStyle Style { get; init; }
    public IReadOnlyList<string> Binaries { get; init; } = [];
    public IReadOnlyList<string> Configs { get; init; } = [];
    public IReadOnlyList<string> Preserve { get; init; } = [];

    /// <summary>True: where both have a configuration file the installed one stays.</summary>
    public bool KeepInstalledConfig { get; init; }

    public ServiceControl Stop { get; init; } = new();
    public ServiceControl Start { get; init; } = new();

    /// <summary>Null: nobody asks whether the service is healthy.</summary>
    public HealthProbe? Health { get; init; }

    /// <summary>Null: nothing is tested.</summary>
    public TestCommand? Test { get; init; }

    public IReadOnlyDictionary<string, string> Env { get; init; } = new Dictionary<string, string>();

    /// <summary>Secret variables as they are stored: encrypted, base64.</summary>
    public IReadOnlyDictionary<string, string> SecretEnv { get; init; } = new Dictionary<string, string>();

    public RollbackChoice Rollback { get; init; } = RollbackChoice.OnDeployFailure;

    /// <summary>Paths that a user who is no admin may change when triggering.</summary>
    public IReadOnlyList<string> Overridable { get; init; } = [];

    public int KeepBackups { get; init; } = 3;

    /// <summary>Time limits by step, where the set names them.</summary>
    public IReadOnlyDictionary<string, TimeSpan> StepLimits { get; init; } = new Dictionary<string, TimeSpan>();

    /// <summary>Time limit of the whole run, where the set names it.</summary>
    public TimeSpan? RunLimit { get; init; }

    /// <summary>Reads and checks a set as people write it: templates may stand in strings.</summary>
    /// <exception cref="Platform.OrbitException">PARAMETERS_INVALID or PARAMETER_UNKNOWN; details name every path and what is allowed there.</exception>
    public static DeployParameters Parse(string json) => ParameterReader.Read(json, rendered: false);

    /// <summary>The parameters with every template replaced, checked again: a value from CI cannot lead a directory elsewhere.</summary>
    /// <exception cref="Platform.OrbitException">PARAMETERS_INVALID.</exception>
    public DeployParameters Rendered(IReadOnlyDictionary<string, string> values) => ParameterReader.Read(Templates.RenderAll(Json, values), rendered: true);
}

/// <summary>How a service is installed.</summary>
internal enum DeployStyle
{
    /// <summary>Binaries and configuration files are copied over the installed ones.</summary>
    CService,

    /// <summary>The package's content becomes the install directory.</summary>
    OpenrestyFull,

    /// <summary>Only what the package holds is replaced.</summary>
    OpenrestyUpdate,
}

/// <summary>When the old version is put back by itself.</summary>
internal enum RollbackChoice
{
    /// <summary>Never.</summary>
    Never,

    /// <summary>When a step from replace to health failed.</summary>
    OnDeployFailure,

    /// <summary>Also when tests failed or could not be run.</summary>
    OnAnyFailure,
}

/// <summary>How a service is stopped or started; exactly one is set.</summary>
internal sealed record ServiceControl
{
    /// <summary>Path below the install directory.</summary>
    public string? Script { get; init; }

    /// <summary>Name of a systemd unit.</summary>
    public string? Systemd { get; init; }

    /// <summary>Program and arguments, never through a shell.</summary>
    public IReadOnlyList<string>? Command { get; init; }
}

/// <summary>How a service shows that it is healthy; exactly one way is set.</summary>
internal sealed record HealthProbe
{
    public string? Http { get; init; }
    public string? Tcp { get; init; }
    public IReadOnlyList<string>? Command { get; init; }

    /// <summary>Pause between two tries.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);
}

/// <summary>How the tests are run; exactly one of command and pytest is set.</summary>
internal sealed record TestCommand
{
    public string Dir { get; init; } = "";
    public IReadOnlyList<string>? Command { get; init; }
    public IReadOnlyList<string>? Pytest { get; init; }

    /// <summary>Interpreter for <see cref="Pytest"/>; empty: the agent's standard.</summary>
    public string Python { get; init; } = "";

    public IReadOnlyDictionary<string, string> Env { get; init; } = new Dictionary<string, string>();

    /// <summary>Secret variables as they are stored: encrypted, base64.</summary>
    public IReadOnlyDictionary<string, string> SecretEnv { get; init; } = new Dictionary<string, string>();

    /// <summary>The command runs no pytest; its exit code decides.</summary>
    public bool Plain { get; init; }
}
