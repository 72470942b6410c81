"""Knows nothing of the service but its name: fetches the descriptors by reflection, then calls it; asks for health.

reflect.py HOST:PORT  ->  one line of JSON
"""
import json
import sys

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory


def own_messages(pool, package, fields):
    """The few messages of a published protocol that this client needs, described by hand."""
    file = descriptor_pb2.FileDescriptorProto(name=package + ".proto", package=package, syntax="proto3")
    for message, members in fields.items():
        entry = file.message_type.add(name=message)
        for name, number, kind, repeated, type_name in members:
            entry.field.add(name=name, number=number, type=kind, type_name=type_name, label=3 if repeated else 1)
    pool.Add(file)
    return lambda name: message_factory.GetMessageClass(pool.FindMessageTypeByName(package + "." + name)) if hasattr(
        message_factory, "GetMessageClass") else message_factory.MessageFactory(pool).GetPrototype(
            pool.FindMessageTypeByName(package + "." + name))


STRING, BYTES, MESSAGE, INT32 = 9, 12, 11, 5


def main(target):
    channel = grpc.insecure_channel(target)
    pool = descriptor_pool.DescriptorPool()
    reflection = own_messages(pool, "grpc.reflection.v1alpha", {
        "ServerReflectionRequest": [("file_containing_symbol", 4, STRING, False, None), ("list_services", 7, STRING, False, None)],
        "FileDescriptorResponse": [("file_descriptor_proto", 1, BYTES, True, None)],
        "ServiceResponse": [("name", 1, STRING, False, None)],
        "ListServiceResponse": [("service", 1, MESSAGE, True, ".grpc.reflection.v1alpha.ServiceResponse")],
        "ServerReflectionResponse": [
            ("file_descriptor_response", 4, MESSAGE, False, ".grpc.reflection.v1alpha.FileDescriptorResponse"),
            ("list_services_response", 6, MESSAGE, False, ".grpc.reflection.v1alpha.ListServiceResponse")],
    })
    request = reflection("ServerReflectionRequest")
    ask = channel.stream_stream(
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=reflection("ServerReflectionResponse").FromString)
    questions = [request(list_services="*"), request(file_containing_symbol="orbit.grpctests.v1.EchoService")]
    listed, described = ask(iter(questions), timeout=20)

    found = descriptor_pool.DescriptorPool()
    # Dependencies come after the file that needs them.
    for serialized in reversed(described.file_descriptor_response.file_descriptor_proto):
        found.AddSerializedFile(serialized)
    method = found.FindServiceByName("orbit.grpctests.v1.EchoService").FindMethodByName("Say")
    prototypes = message_factory.MessageFactory(found)
    say = channel.unary_unary(
        "/orbit.grpctests.v1.EchoService/Say",
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=prototypes.GetPrototype(method.output_type).FromString)
    said = say(prototypes.GetPrototype(method.input_type)(text="from python"), timeout=20).text

    health = own_messages(descriptor_pool.DescriptorPool(), "grpc.health.v1", {
        "HealthCheckRequest": [("service", 1, STRING, False, None)],
        "HealthCheckResponse": [("status", 1, INT32, False, None)],
    })
    check = channel.unary_unary(
        "/grpc.health.v1.Health/Check",
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=health("HealthCheckResponse").FromString)
    status = check(health("HealthCheckRequest")(), timeout=20).status
    try:
        check(health("HealthCheckRequest")(service="no.such.Service"), timeout=20)
        unknown = "OK"
    except grpc.RpcError as error:
        unknown = error.code().name
    print(json.dumps({
        "services": [service.name for service in listed.list_services_response.service],
        "said": said, "health": status, "unknown": unknown}))


main(sys.argv[1])
