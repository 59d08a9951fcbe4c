/* biome-ignore-all lint/suspicious/noTemplateCurlyInString: Fn::Sub has the same notation */
import { describe, expect, it } from 'vitest';
import type { Template } from '../../../infra/local/synth.ts';
import { type ResourceType, resolveApp, TemplateError } from '../../../infra/local/template.ts';

const environment = { region: 'eu-west-3', accountId: '123456789012' };
const bucket: ResourceType = {
  ref: ({ logicalId }) => `ref-${logicalId}`,
  attributes: { Arn: ({ logicalId }) => `arn:${logicalId}` },
};
const typeOf = (type: string) => {
  if (type === 'AWS::S3::Bucket') return bucket;
  throw new TemplateError(`${type} is unknown`);
};

function resolve(template: Template, others: Record<string, Template> = {}) {
  const all = Object.entries({ ...others, Main: template });
  const stacks = all.map(([name, one]) => ({ name, region: undefined, template: one }));
  return resolveApp(stacks, environment, typeOf);
}

/** The value of one output beside a bucket `B`. */
function outputOf(Value: unknown, more: Partial<Template> = {}): string | undefined {
  const Resources = { B: { Type: 'AWS::S3::Bucket' } };
  return resolve({ Resources, ...more, Outputs: { O: { Value } } }).outputs().O;
}

describe('intrinsic functions', () => {
  // The results are those of the examples in AWS's reference of each function.
  it.each<[unknown, string]>([
    [{ Ref: 'B' }, 'ref-B'],
    [{ Ref: 'AWS::Region' }, 'eu-west-3'],
    [{ Ref: 'AWS::AccountId' }, '123456789012'],
    [{ Ref: 'AWS::StackName' }, 'Main'],
    [{ 'Fn::GetAtt': ['B', 'Arn'] }, 'arn:B'],
    [{ 'Fn::GetAtt': 'B.Arn' }, 'arn:B'],
    [{ 'Fn::Join': [':', ['a', 'b', { Ref: 'B' }]] }, 'a:b:ref-B'],
    [{ 'Fn::Join': ['', ['a', { Ref: 'AWS::NoValue' }, 'b']] }, 'ab'],
    [{ 'Fn::Select': ['1', ['apples', 'grapes', 'oranges']] }, 'grapes'],
    [{ 'Fn::Select': [2, { 'Fn::Split': ['|', 'a|b|c'] }] }, 'c'],
    [{ 'Fn::Sub': '${B.Arn}/${AWS::Region}/${!Literal}' }, 'arn:B/eu-west-3/${Literal}'],
    [{ 'Fn::Sub': ['www.${Domain}-${B}', { Domain: { Ref: 'AWS::Partition' } }] }, 'www.aws-ref-B'],
    [{ 'Fn::Base64': 'AWS CloudFormation' }, 'QVdTIENsb3VkRm9ybWF0aW9u'],
  ])('%j is %s', (value, expected) => {
    expect(outputOf(value)).toBe(expected);
  });

  it('reads mappings and parameters', () => {
    const more = {
      Mappings: { Regions: { 'eu-west-3': { HVM64: 'ami-1' } } },
      Parameters: { Size: { Type: 'String', Default: 'm' } },
    };
    expect(outputOf({ 'Fn::FindInMap': ['Regions', { Ref: 'AWS::Region' }, 'HVM64'] }, more)).toBe('ami-1');
    expect(outputOf({ Ref: 'Size' }, more)).toBe('m');
  });

  it('decides conditions, and leaves out what they exclude', () => {
    const Conditions = {
      Here: { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'eu-west-3'] },
      There: { 'Fn::Not': [{ Condition: 'Here' }] },
      Both: { 'Fn::And': [{ Condition: 'Here' }, { Condition: 'There' }] },
      Any: { 'Fn::Or': [{ Condition: 'Here' }, { Condition: 'There' }] },
    };
    const choose = (name: string) => outputOf({ 'Fn::If': [name, 'yes', 'no'] }, { Conditions });
    expect(['Here', 'There', 'Both', 'Any'].map(choose)).toEqual(['yes', 'no', 'no', 'yes']);
    const Resources = {
      In: { Type: 'AWS::S3::Bucket', Condition: 'Here', Properties: { A: { Ref: 'AWS::NoValue' }, B: 1 } },
      Out: { Type: 'AWS::S3::Bucket', Condition: 'There' },
    };
    const { resources } = resolve({ Resources, Conditions });
    expect(resources.map(({ logicalId, properties }) => [logicalId, properties])).toEqual([['In', { B: 1 }]]);
  });

  it('follows exports from stack to stack', () => {
    const exporting = {
      Resources: { B: { Type: 'AWS::S3::Bucket' } },
      Outputs: { X: { Value: { Ref: 'B' }, Export: { Name: 'Data:X' } } },
    };
    const importing = { Outputs: { O: { Value: { 'Fn::ImportValue': 'Data:X' } } } };
    expect(resolve(importing, { Data: exporting }).outputs()).toEqual({ O: 'ref-B', 'Main.O': 'ref-B' });
  });
});

describe('what cannot be hosted', () => {
  it.each<[string, unknown, RegExp]>([
    [
      'an attribute',
      { 'Fn::GetAtt': ['B', 'WebsiteURL'] },
      /Main\/B \(AWS::S3::Bucket\).* no attribute WebsiteURL/,
    ],
    ['a reference', { Ref: 'Nobody' }, /Ref to Nobody/],
    ['an export', { 'Fn::ImportValue': 'Other:X' }, /No stack exports Other:X/],
    ['a function', { 'Fn::Cidr': ['10.0.0.0/16', 1, 8] }, /Fn::Cidr/],
    ['a mapping', { 'Fn::FindInMap': ['No', 'such', 'map'] }, /no mapping No.such.map/],
  ])('%s is named', (_, value, message) => {
    expect(() => outputOf(value)).toThrow(message);
  });

  it('is a type in no table, even where nothing refers to it', () => {
    expect(() => resolve({ Resources: { S: { Type: 'AWS::Kinesis::Stream' } } })).toThrow(TemplateError);
  });
});
