/** The part of mailparser 3.7 that the local SES uses; the package has no types of its own. */
declare module 'mailparser' {
  interface AddressObject {
    readonly text: string;
    readonly value: readonly { readonly address?: string; readonly name: string }[];
  }
  interface ParsedMail {
    readonly from?: AddressObject;
    readonly to?: AddressObject | readonly AddressObject[];
    readonly cc?: AddressObject | readonly AddressObject[];
    readonly bcc?: AddressObject | readonly AddressObject[];
    readonly replyTo?: AddressObject;
    readonly subject?: string;
    readonly text?: string;
    readonly html?: string | false;
    readonly attachments: readonly {
      readonly filename?: string;
      readonly contentType: string;
      readonly size: number;
    }[];
  }
  export function simpleParser(source: Buffer | string): Promise<ParsedMail>;
}
