"""A template of tiny functions, each behind another source, that do what the content of their events asks for."""

from pathlib import Path

HANDLER = '''
"""Records every event, then does what its content asks for."""
import base64, json, os, pathlib, time

RECORDS = pathlib.Path(os.environ["RECORDS"])
CALLS = 0


def lambda_handler(event, context):
    global CALLS
    CALLS += 1
    folder = RECORDS / pathlib.Path(os.environ["LAMBDA_TASK_ROOT"]).name
    folder.mkdir(exist_ok=True)
    written = folder / f"{time.time_ns()}-{os.getpid()}.writing"
    written.write_text(json.dumps(event))
    written.rename(written.with_suffix(".json"))
    if "Records" in event and "body" in event["Records"][0]:
        return of_queue(event["Records"])
    if "Records" in event:
        return of_stream(event["Records"])
    if "records" in event:
        return of_kafka(event["records"])
    body = event.get("detail", event)
    if not isinstance(body, dict):
        body = {}
    time.sleep(body.get("sleep", 0))
    if "meet" in body:
        meet(RECORDS / body["meet"], body["people"])
    if body.get("boom"):
        raise ValueError("boom " + context.aws_request_id)
    return {"calls": CALLS, "pid": os.getpid(), "echo": event, "request_id": context.aws_request_id}


def meet(place, people):
    """Return when so many processes are here at the same time."""
    place.mkdir(exist_ok=True)
    (place / str(os.getpid())).touch()
    while len(list(place.iterdir())) < people:
        time.sleep(0.01)


def of_stream(records):
    images = {r["dynamodb"]["SequenceNumber"]: r["dynamodb"].get("NewImage", {}) for r in records}
    if {"S": "never"} in [image.get("aged") for image in images.values()]:
        raise ValueError("never")
    modes = {number: image.get("mode", {}).get("S") for number, image in images.items()}
    failed = [number for number, mode in modes.items() if failing(mode)]
    return {"batchItemFailures": [{"itemIdentifier": number} for number in reversed(failed)]}


def of_queue(records):
    if any(r["body"].startswith("raise-once") and failing(r["body"]) for r in records):
        raise ValueError("raise")
    if any(r["body"].startswith("unknown-once") and failing(r["body"]) for r in records):
        return {"batchItemFailures": [{"itemIdentifier": "somebody-elses"}]}
    return {"batchItemFailures": [{"itemIdentifier": r["messageId"]} for r in records if failing(r["body"])]}


def of_kafka(records):
    bad = []
    for partition, items in records.items():
        for item in items:
            value = base64.b64decode(item["value"] or b"").decode()
            if value == "raise" or (value.startswith("raise-once") and failing(value)):
                raise ValueError(value)
            if value.startswith("invalid-once") and failing(value):
                return {"batchItemFailures": [{"itemIdentifier": {"partition": "nowhere-0", "offset": 0}}]}
            if failing(value):
                bad.append({"itemIdentifier": {"partition": partition, "offset": item["offset"]}})
    return {"batchItemFailures": bad}


def failing(mode):
    """poison fails always, NAME-once-ID the first time."""
    if mode is None or ("once" not in mode and mode != "poison"):
        return False
    marker = RECORDS / ("seen-" + mode)
    if mode != "poison" and marker.exists():
        return False
    marker.touch()
    return True
'''

TEMPLATE = """
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Parameters:
  Records: { Type: String }
  KafkaBootstrapServers: { Type: String, Default: "" }
Globals:
  Function:
    Runtime: python3.11
    Handler: handler.lambda_handler
    Timeout: 20
    Environment: { Variables: { RECORDS: !Ref Records, SAGA_TABLE: !Ref Table } }
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: things
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{ AttributeName: id, AttributeType: S }]
      KeySchema: [{ AttributeName: id, KeyType: HASH }]
      StreamSpecification: { StreamViewType: NEW_AND_OLD_IMAGES }
      TimeToLiveSpecification: { AttributeName: expires, Enabled: true }
  Failures: { Type: AWS::S3::Bucket, Properties: { BucketName: failures } }
  Undelivered: { Type: AWS::SQS::Queue, Properties: { QueueName: undelivered } }
  Bus: { Type: AWS::Events::EventBus, Properties: { Name: bus } }
  Echo:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: echo
      CodeUri: echo/
      EventInvokeConfig:
        MaximumRetryAttempts: 1
        DestinationConfig: { OnFailure: { Type: S3Bucket, Destination: !GetAtt Failures.Arn } }
      Events:
        Rule:
          Type: EventBridgeRule
          Properties:
            EventBusName: !Ref Bus
            Pattern: { detail-type: [{ equals-ignore-case: SHOUT }] }
            RetryPolicy: { MaximumRetryAttempts: 7, MaximumEventAgeInSeconds: 120 }
            DeadLetterConfig: { Arn: !GetAtt Undelivered.Arn }
  HttpApi: { Type: AWS::ApiGatewayV2::Api, Properties: { Name: things, ProtocolType: HTTP } }
  HttpStage:
    Type: AWS::ApiGatewayV2::Stage
    Properties: { ApiId: !Ref HttpApi, StageName: $default, AutoDeploy: true }
  HttpIntegration:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref HttpApi
      IntegrationType: AWS_PROXY
      IntegrationUri: !GetAtt Echo.Arn
      PayloadFormatVersion: "2.0"
  HttpRoute:
    Type: AWS::ApiGatewayV2::Route
    Properties:
      ApiId: !Ref HttpApi
      RouteKey: POST /things/{id}
      AuthorizationType: AWS_IAM
      Target: !Sub integrations/${HttpIntegration}
  Single:
    Type: AWS::Serverless::Function
    Properties: { FunctionName: single, CodeUri: single/, ReservedConcurrentExecutions: 1 }
  Ticked:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: ticked
      CodeUri: ticked/
      Events: { Tick: { Type: ScheduleV2, Properties: { ScheduleExpression: rate(1 minute) } } }
  Stream:
    Type: AWS::Serverless::Function
    Properties: { FunctionName: stream, CodeUri: stream/ }
  StreamMapping:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      FunctionName: !Ref Stream
      EventSourceArn: !GetAtt Table.StreamArn
      StartingPosition: TRIM_HORIZON
      BatchSize: 5
      MaximumRetryAttempts: 2
      BisectBatchOnFunctionError: true
      FunctionResponseTypes: [ReportBatchItemFailures]
      FilterCriteria: { Filters: [{ Pattern: '{"dynamodb":{"NewImage":{"mode":{"S":[{"exists":true}]}}}}' }] }
      DestinationConfig: { OnFailure: { Destination: !GetAtt Failures.Arn } }
  Aged:
    Type: AWS::Serverless::Function
    Properties: { FunctionName: aged, CodeUri: aged/ }
  AgedMapping:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      FunctionName: !Ref Aged
      EventSourceArn: !GetAtt Table.StreamArn
      StartingPosition: TRIM_HORIZON
      MaximumRecordAgeInSeconds: 2
      FilterCriteria: { Filters: [{ Pattern: '{"dynamodb":{"NewImage":{"aged":{"S":[{"exists":true}]}}}}' }] }
      DestinationConfig: { OnFailure: { Destination: !GetAtt Failures.Arn } }
  Hints: { Type: AWS::SQS::Queue, Properties: { QueueName: hints, VisibilityTimeout: 1 } }
  Queue:
    Type: AWS::Serverless::Function
    Properties: { FunctionName: queue, CodeUri: queue/ }
  QueueMapping:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      FunctionName: !Ref Queue
      EventSourceArn: !GetAtt Hints.Arn
      BatchSize: 4
      FunctionResponseTypes: [ReportBatchItemFailures]
      ScalingConfig: { MaximumConcurrency: 2 }
  OnDemand:
    Type: AWS::Serverless::Function
    Properties: { FunctionName: on-demand, CodeUri: on_demand/ }
  OnDemandMapping:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      FunctionName: !Ref OnDemand
      SelfManagedEventSource: { Endpoints: { KafkaBootstrapServers: [!Ref KafkaBootstrapServers] } }
      Topics: [on_demand]
      StartingPosition: TRIM_HORIZON
      BatchSize: 10
      FunctionResponseTypes: [ReportBatchItemFailures]
  Provisioned:
    Type: AWS::Serverless::Function
    Properties: { FunctionName: provisioned, CodeUri: provisioned/ }
  ProvisionedMapping:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      FunctionName: !Ref Provisioned
      EventSourceArn: arn:aws:kafka:us-east-1:123456789012:cluster/local/0
      Topics: [provisioned]
      StartingPosition: TRIM_HORIZON
      MaximumRetryAttempts: 1
      FunctionResponseTypes: [ReportBatchItemFailures]
      ProvisionedPollerConfig: { MinimumPollers: 1, MaximumPollers: 1 }
      FilterCriteria: { Filters: [{ Pattern: '{"topic":["provisioned"]}' }] }
      DestinationConfig: { OnFailure: { Destination: !GetAtt Failures.Arn } }
Outputs:
  TableName: { Value: !Ref Table }
  HttpUrl: { Value: !GetAtt HttpApi.ApiEndpoint }
"""

FUNCTIONS = ("echo", "single", "ticked", "stream", "aged", "queue", "on_demand", "provisioned")


def write_template(folder: Path, template: str = TEMPLATE, functions: tuple[str, ...] = FUNCTIONS) -> Path:
    for name in functions:
        (folder / name).mkdir()
        (folder / name / "handler.py").write_text(HANDLER)
    (folder / "records").mkdir()
    (folder / "template.yaml").write_text(template)
    return folder / "template.yaml"
