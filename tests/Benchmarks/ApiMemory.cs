using System.Diagnostics;
using System.Globalization;
using Orbit.Benchmarks.Rig;
using Orbit.Tests.Support;

namespace Orbit.Benchmarks;

/// <summary>Memory of <c>orbit api run</c> as a process of its own, with every request and answer of many rows recorded to a file.</summary>
internal static class ApiMemory
{
    /// <summary>Megabytes of 1,000,000 bytes, whatever the number of rows.</summary>
    private const double Limit = 150;

    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(20);

    public static async Task<Figure> MeasureAsync(FlowServer shop, Scratch scratch, int rows)
    {
        string document = scratch.PathOf("memory.yaml");
        string data = scratch.PathOf("memory.csv");
        string records = scratch.PathOf("memory.jsonl");
        await File.WriteAllTextAsync(document, $$$"""
            orbit: 1
            cases:
              - {name: items, request: {url: "{{{shop.Url}}}/items?page={{page}}"}, extract: [{name: sku, jsonpath: "$.items[2].sku"}], assert: [{status: 200}, "sku != user"]}
            """);
        await File.WriteAllLinesAsync(data, Enumerable.Range(0, rows).Select(i => FormattableString.Invariant($"user-{i},{(i % 10) + 1}")).Prepend("user,page"));
        string[] command = [.. Programs.Cli, "api", "run", document, "--data", data, "--record", records, "--concurrency", "10"];
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        long peak = 0;
        while (!process.HasExited)
        {
            peak = Math.Max(peak, Peak(process.Id));
            await Task.Delay(LookAgain);
        }

        await process.WaitForExitAsync();
        shop.Requests.Clear();
        int recorded = File.ReadLines(records).Skip(1).Count(); // the first line says what was run
        return process.ExitCode == 0 && recorded == rows
            ? new Figure($"API run, peak memory, {rows:N0} rows", peak / 1e6, "MB") { Limit = Limit }
            : throw new InvalidOperationException($"{recorded} of {rows} rows were recorded, exit code {process.ExitCode}: {await output} {await errors}");
    }

    /// <summary>The most that was ever resident; 0 when the process has just ended.</summary>
    private static long Peak(int process)
    {
        try
        {
            string? line = File.ReadLines($"/proc/{process}/status").FirstOrDefault(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null ? 0 : 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }
}
