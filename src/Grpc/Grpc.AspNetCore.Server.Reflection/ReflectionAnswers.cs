using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Reflection.V1;
using Microsoft.AspNetCore.Routing;

namespace Grpc.AspNetCore.Server.Reflection;

/// <summary>Answers reflection questions about the mapped services. The table is built at the first question, when all are mapped.</summary>
internal sealed class ReflectionAnswers(EndpointDataSource endpoints)
{
    private readonly Lazy<Known> _known = new(() => Known.Of(MappedServices.In(endpoints)));

    public ServerReflectionResponse Answer(ServerReflectionRequest question)
    {
        ServerReflectionResponse answer = question.MessageRequestCase switch
        {
            ServerReflectionRequest.MessageRequestOneofCase.FileByFilename =>
                File(_known.Value.Symbols.FileNamed(question.FileByFilename), $"file {question.FileByFilename}"),
            ServerReflectionRequest.MessageRequestOneofCase.FileContainingSymbol =>
                File(_known.Value.Symbols.FileOf(question.FileContainingSymbol), $"symbol {question.FileContainingSymbol}"),
            ServerReflectionRequest.MessageRequestOneofCase.FileContainingExtension =>
                FileOf(question.FileContainingExtension),
            ServerReflectionRequest.MessageRequestOneofCase.AllExtensionNumbersOfType =>
                ExtensionsOf(question.AllExtensionNumbersOfType),
            ServerReflectionRequest.MessageRequestOneofCase.ListServices => Services(),
            _ => Error(StatusCode.InvalidArgument, "The request asks nothing."),
        };
        answer.ValidHost = question.Host;
        answer.OriginalRequest = question;
        return answer;
    }

    private static ServerReflectionResponse File(FileDescriptor? file, string what)
    {
        if (file is null)
        {
            return Error(StatusCode.NotFound, $"There is no {what}.");
        }

        var answer = new FileDescriptorResponse();
        answer.FileDescriptorProto.AddRange(SymbolTable.WithDependencies(file).Select(each => each.SerializedData));
        return new() { FileDescriptorResponse = answer };
    }

    private static ServerReflectionResponse Error(StatusCode code, string message) =>
        new() { ErrorResponse = new() { ErrorCode = (int)code, ErrorMessage = message } };

    private ServerReflectionResponse FileOf(ExtensionRequest extension) =>
        File(
            _known.Value.Symbols.FileOfExtension(extension.ContainingType, extension.ExtensionNumber),
            $"extension {extension.ExtensionNumber} of {extension.ContainingType}");

    private ServerReflectionResponse ExtensionsOf(string message)
    {
        if (!_known.Value.Symbols.IsMessage(message))
        {
            return Error(StatusCode.NotFound, $"There is no message {message}.");
        }

        var answer = new ExtensionNumberResponse { BaseTypeName = message };
        answer.ExtensionNumber.AddRange(_known.Value.Symbols.ExtensionsOf(message));
        return new() { AllExtensionNumbersResponse = answer };
    }

    private ServerReflectionResponse Services()
    {
        var answer = new ListServiceResponse();
        answer.Service.AddRange(_known.Value.ServiceNames.Select(name => new ServiceResponse { Name = name }));
        return new() { ListServicesResponse = answer };
    }

    private sealed record Known(IReadOnlyList<string> ServiceNames, SymbolTable Symbols)
    {
        public static Known Of(IReadOnlyList<ServiceDescriptor> services) =>
            new([.. services.Select(service => service.FullName)], new SymbolTable(services.Select(service => service.File)));
    }
}
