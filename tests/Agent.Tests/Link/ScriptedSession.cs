using System.Threading.Channels;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Orbit.Contracts.V1;

namespace Orbit.Agent.Tests.Link;

/// <summary>One welcomed session of the scripted gateway.</summary>
internal sealed class ScriptedSession(ScriptedGateway gateway, AgentHello hello, long epoch)
{
    private readonly Channel<ServerMessage> _out = Channel.CreateUnbounded<ServerMessage>();
    private readonly TaskCompletionSource<RpcException> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<AgentMessage> _received = [];

    public AgentHello Hello { get; } = hello;

    public long Epoch { get; } = epoch;

    /// <summary>Whether nothing is sent or taken any more, though the connection stays: a half-open one.</summary>
    public bool Deaf { get; set; }

    /// <summary>Everything the agent sent after Hello.</summary>
    public IReadOnlyList<AgentMessage> Received
    {
        get
        {
            lock (_received)
            {
                return [.. _received];
            }
        }
    }

    public Task Over => _ended.Task;

    public void Send(ServerMessage message) => _out.Writer.TryWrite(message);

    public void End(RpcException how) => _ended.TrySetResult(how);

    public async Task RunAsync(
        Welcome welcome, IAsyncStreamReader<AgentMessage> requests, IServerStreamWriter<ServerMessage> responses, CancellationToken ct)
    {
        await responses.WriteAsync(new() { Welcome = welcome }, ct);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        Task reader = ReadAsync(requests, stop.Token);
        Task writer = WriteAsync(responses, stop.Token);
        Task first = await Task.WhenAny(reader, writer, _ended.Task);
        await stop.CancelAsync();
        await Task.WhenAny(writer);
        if (first == _ended.Task)
        {
            throw await _ended.Task;
        }

        _ended.TrySetResult(new RpcException(Status.DefaultSuccess));
    }

    private async Task ReadAsync(IAsyncStreamReader<AgentMessage> requests, CancellationToken ct)
    {
        while (await requests.MoveNext(ct))
        {
            AgentMessage message = requests.Current;
            lock (_received)
            {
                _received.Add(message);
            }

            if (!Deaf && gateway.OnMessage(this, message))
            {
                React(message);
            }
        }
    }

    private async Task WriteAsync(IServerStreamWriter<ServerMessage> responses, CancellationToken ct)
    {
        await foreach (ServerMessage message in _out.Reader.ReadAllAsync(ct))
        {
            if (!Deaf)
            {
                await responses.WriteAsync(message, ct);
            }
        }
    }

    private void React(AgentMessage message)
    {
        switch (message.MessageCase)
        {
            case AgentMessage.MessageOneofCase.Heartbeat when message.Heartbeat.Nonce != 0:
                Heartbeat answer = new() { Echo = message.Heartbeat.Nonce };
                foreach (ScriptedAssignment cancelled in gateway.Assignments.Values.Where(one => one.CancelReason is not null && one.Ended is null))
                {
                    answer.Cancels.Add(new CancelIntent { AssignmentId = cancelled.Id, Reason = cancelled.CancelReason });
                }

                foreach (ScriptedAssignment extended in gateway.Assignments.Values.Where(one => one.Extra is not null && one.Ended is null))
                {
                    answer.Extensions.Add(new TimeExtension { AssignmentId = extended.Id, Extra = Duration.FromTimeSpan(extended.Extra!.Value) });
                }

                Send(new() { Heartbeat = answer });
                break;
            case AgentMessage.MessageOneofCase.Accept:
                gateway.Assignments[message.Accept.AssignmentId].Accepted++;
                Send(new() { Confirmed = new() { AssignmentId = message.Accept.AssignmentId, Epoch = message.Accept.Epoch } });
                break;
            case AgentMessage.MessageOneofCase.Events:
                Send(gateway.Assignments[message.Events.AssignmentId].Take(message.Events));
                break;
            default:
                break;
        }
    }
}
