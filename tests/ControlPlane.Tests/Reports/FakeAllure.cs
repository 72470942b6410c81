using System.Text.Json;

namespace Orbit.ControlPlane.Tests.Reports;

/// <summary>A program in Allure's place, for what a real one cannot be made to do: hang, note when it runs, write hostile pages.</summary>
internal sealed class FakeAllure : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("orbit-fake-allure-").FullName;

    /// <param name="before">JavaScript that runs first.</param>
    /// <param name="page">The report's page; after its head comes what Orbit adds.</param>
    public FakeAllure(string before = "", string page = "<!DOCTYPE html><html><head></head><body>a report</body></html>")
    {
        string cli = Path.Combine(_directory, "node_modules", "allure", "cli.js");
        Directory.CreateDirectory(Path.GetDirectoryName(cli)!);
        File.WriteAllText(cli, $$"""
            const fs = require("fs");
            const notes = {{JsonSerializer.Serialize(Notes)}};
            const note = (text) => fs.appendFileSync(notes, text + "\n");
            const pause = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
            {{before}}
            const results = fs.readdirSync("results").filter((n) => n.endsWith("-result.json")).length;
            for (const part of ["awesome/data/attachments", "allure2/widgets"]) fs.mkdirSync("out/" + part, { recursive: true });
            fs.writeFileSync("out/awesome/index.html", {{JsonSerializer.Serialize(page)}});
            fs.writeFileSync("out/awesome/data/attachments/a.html", "<script>document.title = 'ran'</script>");
            fs.writeFileSync("out/awesome/data/attachments/a.png", "<script>document.title = 'ran'</script>");
            fs.writeFileSync("out/awesome/data/attachments/a.js", "document.title = 'ran'");
            fs.writeFileSync("out/allure2/index.html", "<html><head></head></html>");
            fs.writeFileSync("out/allure2/widgets/summary.json", JSON.stringify({ statistic: { total: results } }));
            fs.appendFileSync("history.jsonl", JSON.stringify({ uuid: String(process.pid), testResults: {} }) + "\n");
            """);
    }


    /// <summary>Argument of a server that uses it.</summary>
    public string Arg => $"--Reports:AllurePath={_directory}";

    /// <summary>Lines it noted.</summary>
    public string[] Noted => File.Exists(Notes) ? File.ReadAllLines(Notes) : [];

    private string Notes => Path.Combine(_directory, "notes.txt");

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
