using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Orbit.ControlPlane.Reports;

/// <summary>How reports are built and served. Section <c>Reports</c>.</summary>
internal sealed class ReportOptions
{
    /// <summary>Section name.</summary>
    public const string Section = "Reports";

    /// <summary>Where Allure is: the directory that <c>src/Reports/install</c> filled. Empty: <c>allure</c> beside the program, else that of the checkout the program was built in.</summary>
    public string AllurePath { get; set; } = "";

    /// <summary>The Node.js program, a path or a name on PATH.</summary>
    [Required]
    public string NodePath { get; set; } = "node";

    /// <summary>Reports this process builds at a time; 0 leaves building to other replicas.</summary>
    [Range(0, 16)]
    public int Parallel { get; set; } = 1;

    /// <summary>Longest time one build may take.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "02:00:00")]
    public TimeSpan BuildLimit { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Most memory of a build's JavaScript, in megabytes. 10,000 tests take about 300.</summary>
    [Range(128, 65_536)]
    public int MemoryMegabytes { get; set; } = 1024;

    /// <summary>How long a builder may be silent before another replica takes its work.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan Lease { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Tries of one report before it is given up.</summary>
    [Range(1, 20)]
    public int Tries { get; set; } = 3;

    /// <summary>Pause after a failed try; doubles with each.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "01:00:00")]
    public TimeSpan RetryPause { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a run waits for its report before it ends without; the report may come later.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan RunWaits { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>How long the address that a signed-in browser is sent on to stays valid.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "7.00:00:00")]
    public TimeSpan LinkLifetime { get; set; } = TimeSpan.FromHours(12);

    /// <summary>Bytes of unpacked reports this process keeps to serve them; the ones not opened for longest go first.</summary>
    [Range(0L, long.MaxValue)]
    public long CacheBytes { get; set; } = 2L * 1024 * 1024 * 1024;

    /// <summary>Language that reports open in, e.g. <c>en</c> or <c>zh</c>; readers can switch.</summary>
    [RegularExpression("^[a-z]{2}(-[A-Z]{2})?$")]
    public string Language { get; set; } = "en";
}

/// <summary>Checks <see cref="ReportOptions"/> by its annotations, at start.</summary>
[OptionsValidator]
internal sealed partial class ReportOptionsValidator : IValidateOptions<ReportOptions>;
