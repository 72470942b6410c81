using System.Globalization;
using System.Text;
using System.Xml;
using Orbit.ApiTesting.Running;

namespace Orbit.ApiTesting.Reports;

/// <summary>
/// JUnit XML: a test case a row (or a step, where there is one row alone). Written as rows end to a file beside it, and put together with
/// the totals at the end, so that memory does not grow with the rows.
/// </summary>
public sealed class JUnitFile : IAsyncDisposable
{
    private readonly string _path;
    private readonly string _name;
    private readonly string _partPath;
    private readonly XmlWriter _cases;
    private long _tests;
    private long _failures;
    private long _skipped;
    private double _milliseconds;

    /// <summary>Begins a file.</summary>
    public JUnitFile(string path, string name)
    {
        (_path, _name, _partPath) = (path, name, path + ".part");
        _cases = XmlWriter.Create(_partPath, new() { Async = true, Encoding = new UTF8Encoding(false), OmitXmlDeclaration = true, ConformanceLevel = ConformanceLevel.Fragment, Indent = true, CheckCharacters = false });
    }

    /// <summary>Adds a row: a case for each step that counts.</summary>
    public void Write(RowResult row)
    {
        string of = row.Name.Length > 0 ? row.Name : $"row {(row.Row + 1).ToString(CultureInfo.InvariantCulture)}";
        foreach (StepRecord step in row.Steps.Where(s => !s.Superseded))
        {
            _tests++;
            _milliseconds += step.Milliseconds;
            _cases.WriteStartElement("testcase");
            _cases.WriteAttributeString("classname", Clean($"{_name}.{of}"));
            _cases.WriteAttributeString("name", Clean(step.Step));
            _cases.WriteAttributeString("time", Seconds(step.Milliseconds));
            if (step.Outcome is Outcome.Failed)
            {
                _failures++;
                Failure(step, row);
            }
            else if (step.Outcome is Outcome.Skipped or Outcome.Unchecked)
            {
                _skipped++;
                _cases.WriteStartElement("skipped");
                _cases.WriteAttributeString("message", Clean(row.Masked.Hide(step.Outcome is Outcome.Unchecked ? "unchecked: nothing was asked of the answer" : step.Reason)));
                _cases.WriteEndElement();
            }

            _cases.WriteEndElement();
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _cases.DisposeAsync();
        string totals = string.Create(CultureInfo.InvariantCulture, $"tests=\"{_tests}\" failures=\"{_failures}\" errors=\"0\" skipped=\"{_skipped}\" time=\"{Seconds(_milliseconds)}\"");
        string name = System.Security.SecurityElement.Escape(Clean(_name));
        await using (var file = new FileStream(_path, FileMode.Create, FileAccess.Write))
        {
            await file.WriteAsync(Encoding.UTF8.GetBytes($"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<testsuites {totals}>\n<testsuite name=\"{name}\" {totals}>\n"));
            await using (FileStream cases = File.OpenRead(_partPath))
            {
                await cases.CopyToAsync(file);
            }

            await file.WriteAsync("\n</testsuite>\n</testsuites>\n"u8.ToArray());
        }

        File.Delete(_partPath);
    }

    private void Failure(StepRecord step, RowResult row)
    {
        _cases.WriteStartElement("failure");
        _cases.WriteAttributeString("type", step.FailureClass);
        _cases.WriteAttributeString("message", Clean(row.Masked.Hide(step.Reason)));
        var text = new StringBuilder();
        if (step.Exchange is { } exchange)
        {
            _ = text.Append(CultureInfo.InvariantCulture, $"{exchange.Request.Method} {exchange.Request.Url} → {(exchange.Status > 0 ? exchange.Status.ToString(CultureInfo.InvariantCulture) : exchange.Error)}\n");
        }

        foreach (Checks.CheckResult check in step.Checks.Where(c => !c.Passed))
        {
            _ = text.Append(check.Message).Append('\n');
        }

        _cases.WriteString(Clean(row.Masked.Hide(text.ToString())));
        _cases.WriteEndElement();
    }

    private static string Seconds(double milliseconds) => (milliseconds / 1000).ToString("0.000", CultureInfo.InvariantCulture);

    /// <summary>Without what XML 1.0 cannot hold.</summary>
    private static string Clean(string text) => text.All(XmlConvert.IsXmlChar) ? text : string.Concat(text.Select(c => XmlConvert.IsXmlChar(c) ? c : '�'));
}
