using Google.Protobuf;
using Google.Protobuf.Collections;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;

namespace Orbit.Agent.Link;

/// <summary>How a session, or the attempt to begin one, ended.</summary>
/// <param name="Kind">What the agent does about it.</param>
/// <param name="Reason">Stable reason code of the server, or the status.</param>
/// <param name="Text">Words for the log.</param>
/// <param name="ComeBackIn">Time named by the server; <see langword="null"/> when it named none.</param>
internal sealed record SessionEnd(SessionEndKind Kind, string Reason, string Text, TimeSpan? ComeBackIn)
{
    private const string DetailsTrailer = "grpc-status-details-bin";

    /// <summary>Reads what the server said.</summary>
    public static SessionEnd From(RpcException refused)
    {
        string reason = refused.StatusCode.ToString();
        TimeSpan? comeBackIn = null;
        foreach (Any detail in Details(refused))
        {
            if (detail.Is(ErrorInfo.Descriptor))
            {
                reason = detail.Unpack<ErrorInfo>().Type; // the field is called `reason` in newer versions of the message
            }
            else if (detail.Is(RetryInfo.Descriptor))
            {
                comeBackIn = detail.Unpack<RetryInfo>().RetryDelay?.ToTimeSpan();
            }
        }

        return new SessionEnd(KindOf(reason), reason, refused.Status.Detail, comeBackIn);
    }

    /// <summary>The stream broke, or this side gave it up.</summary>
    public static SessionEnd Broken(string text) => new(SessionEndKind.TryAgain, "BROKEN", text, null);

    private static SessionEndKind KindOf(string reason) => reason switch
    {
        "SUPERSEDED" => SessionEndKind.Superseded,
        "AGENT_UNKNOWN" or "AGENT_SIGNATURE_INVALID" or "AGENT_DISABLED" or "AGENT_QUARANTINED" or "PROTOCOL_UNSUPPORTED" => SessionEndKind.Refused,
        "JOIN_TOKEN_INVALID" or "AGENT_NAME_TAKEN" or "AGENT_NAME_INVALID" or "AGENT_KEY_INVALID" => SessionEndKind.EnrolmentRefused,
        _ => SessionEndKind.TryAgain,
    };

    private static RepeatedField<Any> Details(RpcException refused)
    {
        byte[]? bytes = refused.Trailers.GetValueBytes(DetailsTrailer);
        if (bytes is null)
        {
            return [];
        }

        try
        {
            return Google.Rpc.Status.Parser.ParseFrom(bytes).Details;
        }
        catch (InvalidProtocolBufferException)
        {
            return []; // the status itself is what counts
        }
    }
}

/// <summary>What the agent does after a session has ended.</summary>
internal enum SessionEndKind
{
    /// <summary>Come back after the usual back-off.</summary>
    TryAgain,

    /// <summary>Another copy of this agent has taken over: come back late, and say so loudly.</summary>
    Superseded,

    /// <summary>The server does not want this agent as it is: come back at slow steps.</summary>
    Refused,

    /// <summary>The host cannot be enrolled with this token or name: a person must act.</summary>
    EnrolmentRefused,

    /// <summary>Not the control plane that this agent belongs to.</summary>
    WrongServer,

    /// <summary>The agent leaves.</summary>
    Left,
}
