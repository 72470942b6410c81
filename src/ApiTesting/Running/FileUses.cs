using Orbit.ApiTesting.Documents;
using Orbit.ApiTesting.Variables;

namespace Orbit.ApiTesting.Running;

/// <summary>Which files the requests of a plan send.</summary>
public static class FileUses
{
    /// <summary>
    /// Names of the files with a case that sends each, of all cases that the plan runs, nested ones and those that are called included. A name
    /// with variables is put together for every row by what is known before the row runs.
    /// </summary>
    /// <exception cref="DocumentException">A name needs what only the run can tell.</exception>
    public static IReadOnlyDictionary<string, string> Of(RunPlan plan, IEnumerable<DatasetRow> rows, TimeProvider time)
    {
        var cases = new HashSet<ApiCase>(ReferenceEqualityComparer.Instance);
        ResourceUses.AddCases(plan.Document, plan.Scenario, cases);
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal);
        List<(ApiCase Case, Template File)> varying = [];
        foreach ((ApiCase one, Template file) in cases.SelectMany(c => Sent(c).Select(f => (c, f))))
        {
            if (file.IsConstant)
            {
                _ = files.TryAdd(file.Text, one.Name);
            }
            else
            {
                varying.Add((one, file));
            }
        }

        foreach (DatasetRow row in varying.Count == 0 ? [] : rows)
        {
            VariableScope scope = plan.ScopeOf(row, time);
            foreach ((ApiCase one, Template file) in varying)
            {
                _ = files.TryAdd(Known(file, scope), one.Name);
            }
        }

        return files;
    }

    private static IEnumerable<Template> Sent(ApiCase one) =>
        one.Http?.Body is not { } body ? [] : body.Parts.Select(p => p.File).Append(body.File).OfType<Template>();

    private static string Known(Template file, VariableScope scope)
    {
        try
        {
            return file.Render(scope);
        }
        catch (VariableException unknown)
        {
            throw new DocumentException(file.Place, $"agents get files before a row runs, so that the name may hold only what is known then: {unknown.Message}");
        }
    }
}
