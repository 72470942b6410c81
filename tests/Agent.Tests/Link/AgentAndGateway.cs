namespace Orbit.Agent.Tests.Link;

/// <summary>A test with a real agent and a gateway that it connects to.</summary>
public abstract class AgentAndGateway : IAsyncLifetime, IDisposable
{
    private protected AgentProcess Agent { get; } = new();

    private protected ScriptedGateway Gateway { get; private set; } = null!;

    public async Task InitializeAsync() => Gateway = await ScriptedGateway.StartAsync();

    public async Task DisposeAsync()
    {
        Dispose();
        await Gateway.DisposeAsync();
    }

    public void Dispose()
    {
        Agent.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected void StartAgent(string? failPoint = null) => Agent.Start(Gateway.Address, Gateway.JoinToken, failPoint);
}
