using Orbit.ApiTesting.Documents;
using Orbit.ApiTesting.Http;

namespace Orbit.ApiTesting.Running;

/// <summary>Runs single rows for somebody who decides himself when and which.</summary>
public sealed class RowExecutor(HttpTransport transport, TimeProvider time)
{
    private readonly OAuthTokens _tokens = new(transport);

    /// <summary>Runs a plan for one row.</summary>
    public Task<RowResult> RunAsync(RunPlan plan, DatasetRow row, CancellationToken ct) => new RowRunner(plan, row, transport, _tokens, time).RunAsync(ct);
}
